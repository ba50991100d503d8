-- A tour of Lua: its libraries, its errors, and files in the folder that is the first argument.

local folder = ...
print(_VERSION, #arg, arg[0], arg[1], select("#", ...))

-- Closures, varargs, goto, integers and floats.
local function compose(f, ...)
  local rest = { ... }
  return function(x)
    x = f(x)
    for _, g in ipairs(rest) do x = g(x) end
    return x
  end
end
print(compose(function(x) return x + 1 end, math.sqrt, math.type)(8))
print(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7 / 2, 2 ^ 0.5, 1e308 * 10, -(0 / 1), 3 | 4 ~ 1 << 2)
print(math.maxinteger + 1 == math.mininteger, 5 // 0.0, -5 % math.huge, 0x7fffffffffffffff, "10" + 5)
print(string.format("%5d|%-8s|%08.3f|%a|%q|%g|%x", 42, "left", math.pi, 0.1, 'a "quoted"\nline\0', 1e100, 255))
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    io.write(i, ":", j, " ")
    ::continue::
  end
end
print()

-- Strings and patterns.
local text = "The quick brown fox jumps over the lazy dog"
print(text:gsub("%w+", function(word) return word:reverse() end))
print(text:find("(q%a+)%s(%a+)"), text:match("%f[%a]l%a+"), #text:rep(100, ", "))
print(utf8.char(955, 8364, 128512), utf8.len("λ€😀"), utf8.codepoint("λ", 1))
print(string.pack("<i4>d z s2", 7, 1.5, "zero", "two"):byte(1, -1))
print(string.unpack("<i4", "\xff\xff\xff\x7f"))

-- Tables, metatables, sorting.
local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vector) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__tostring = function(v) return "(" .. v.x .. ", " .. v.y .. ")" end
local function vector(x, y) return setmetatable({ x = x, y = y }, Vector) end
print(tostring(vector(1, 2) + vector(0.5, -2)), vector(1, 2) == vector(1, 2))
local state, numbers = 42, {}
for i = 1, 100 do
  state = (state * 1103515245 + 12345) % 2147483648
  numbers[i] = state % 1000
end
table.sort(numbers, function(a, b) return a > b end)
print(table.concat(numbers, " ", 1, 20), #numbers, table.unpack(table.move(numbers, 98, 100, 1, {})))

-- Coroutines, and errors through them.
local function permutations(items, n)
  n = n or #items
  if n <= 1 then coroutine.yield(table.concat(items)) end
  for i = 1, n do
    items[n], items[i] = items[i], items[n]
    permutations(items, n - 1)
    items[n], items[i] = items[i], items[n]
  end
end
for permutation in coroutine.wrap(function() permutations({ "a", "b", "c", "d" }) end) do io.write(permutation, " ") end
print()
local broken = coroutine.create(function(x) coroutine.yield(x * 2) error({ code = x }) end)
print(coroutine.resume(broken, 21))
local ok, thrown = coroutine.resume(broken)
print(ok, thrown.code, coroutine.status(broken))

-- Errors: raised, caught, raised again, and closed on the way.
print(pcall(error, "plain", 0))
print(pcall(function() return nil + 1 end))
print(select(2, pcall(string.rep, "x", -1)) == "", pcall(string.rep, "x", 1 << 40))
print(xpcall(function() error("inner") end, function(message) return "handled: " .. message end))
local function overflow(text) return (text:gsub(".", overflow)) end
print(pcall(overflow, "x"))
local caught = 0
for i = 1, 100 do
  if not pcall(function() if i % 3 == 0 then error(i) end end) then caught = caught + 1 end
end
print("caught", caught)
do
  local closed = setmetatable({}, { __close = function(_, why) print("closed", why) end })
  print(pcall(function() local held <close> = closed error("on the way", 0) end))
end

-- What is collected.
local weak = setmetatable({}, { __mode = "v" })
for i = 1, 50 do weak[i] = { i } end
collectgarbage()
print("left", next(weak))
local finalised = 0
for _ = 1, 20 do setmetatable({}, { __gc = function() finalised = finalised + 1 end }) end
collectgarbage()
print("finalised", finalised, collectgarbage("count") > 10)

-- Code from text.
print(load("local a, b = ... return a * b")(6, 7), load("return +"))
print(#string.dump(function() return 1 end) > 50, load(string.dump(function() return "dumped" end))())

-- Files.
local name = folder .. "/tour.txt"
local file <const> = assert(io.open(name, "w"))
print(io.type(file), file:setvbuf("full", 64))
for i = 1, 40 do file:write("line ", i, "\n") end
print(file:seek("cur"), file:seek("set", 5), file:write("ONE"), file:seek("end"))
file:close()
print(io.type(file))
local lines = 0
for line in io.lines(name) do lines = lines + #line end
print(lines)
local both = assert(io.open(name, "r+"))
print(both:read("l", "n", 3), both:read("L"))
print(both:seek("set", 1e6), both:read(0), both:read("a"))
both:close()
local more = assert(io.open(name, "a"))
more:write("appended\0byte\n")
more:close()
for chunk in io.lines(name, 128) do io.write(#chunk, " ") end
print()
print(os.rename(name, folder .. "/renamed.txt"), io.open(name), os.remove(name))
print(io.open(folder .. "/given.txt"):read("a"))
print(io.open(folder .. "/missing/file", "w"))
print(io.open("/elsewhere"))
print(os.getenv("GIVEN"), os.getenv("HOME"), os.time({ year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40 }))
print(os.date("!%Y-%m-%d %H:%M:%S %j %a", 1e9), os.setlocale("C"), os.time() > 1e9)
print(io.read("l"), io.read("n"), io.read("a"))
io.stderr:write("to standard error\n")
os.exit(21, true)
