-- Paths that lead nowhere, out of the folder, through links and to the wrong kind of file.

local function names(action, mode)
  for _, name in ipairs { "out", "dangling", "loop", "sub/far", "sub/up", "text/", "text/x", "", "link", "new/", "none/new", "link/../text" } do
    name = "data/" .. name
    print(mode, name, select(2, action(name, mode)))
  end
end
names(io.open, "r+")
for _, name in ipairs { "sub", "link", "none", "text/" } do print("remove", name, os.remove("data/" .. name)) end
for _, pair in ipairs {
  { "text", "sub" }, { "sub", "text" }, { "sub", "sub/x" }, { "text", "none/x" }, { "text", "../../x" }, { "none", "x" },
  { "out", "moved" }, { "dangling", "text" }, { "sub", "renamed" }, { "renamed/up", "up" },
} do
  print("rename", pair[1], pair[2], os.rename("data/" .. pair[1], "data/" .. pair[2]))
end
print(os.rename("data/up", "/up"), os.remove("data/moved"), os.remove("../data/x"))
names(io.open, "w")
