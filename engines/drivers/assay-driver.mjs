// Speaks the engine protocol (docs/engine-protocol.md) for the engine behind JavaScript's WebAssembly object: V8 in
// Node and Deno, JavaScriptCore in Bun. One file, nothing to install:
//
//     node assay-driver.mjs        deno run assay-driver.mjs        bun assay-driver.mjs
//
// What the JavaScript interface can't carry bit by bit (floats: a NaN's bits get lost; vectors and exceptions: they
// don't cross at all) is answered `unsupported`, never approximated.

import { readSync, writeSync } from "node:fs";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import process from "node:process";

/** What an answer `no` says: its kind, a message, and fields of the kind's own. */
class No extends Error {
  constructor(kind, message, fields = {}) {
    super(message);
    this.answer = { kind, message, ...fields };
  }
}

// ---- Which proposals the engine has: for each, the smallest module that needs it (sections in hex, after the header).

const PROBES = {
  "mutable-global": "0206010000037f01", // (import "" "" (global (mut i32)))
  "sign-extension": "0105016000017f 03020100 0a070105004100c00b", // i32.extend8_s
  "saturating-float-to-int": "0105016000017f 03020100 0a0b0109004300000000fc000b", // i32.trunc_sat_f32_s
  "multi-value": "0106016000027f7f", // (type (func (result i32 i32)))
  "reference-types": "0404016f0000", // (table 0 externref)
  "bulk-memory": "010401600000 03020100 0503010000 0a0d010b00410041004100fc0b000b", // memory.fill
  "simd": "0105016000017b 03020100 0a080106004100fd110b", // i32x4.splat
  "relaxed-simd": "01060160017b017b 03020100 0a0b01090020002000fd80020b", // i8x16.relaxed_swizzle
  "tail-call": "010401600000 03020100 0a0601040012000b", // return_call 0
  "extended-const": "0609017f00410041006a0b", // (global i32 (i32.add (i32.const 0) (i32.const 0)))
  "function-references": "0109026000006001640000 03020101 0a08010600200014000b", // (param (ref $t)), call_ref $t
  "gc": "0103015f00", // (type (struct))
  "exceptions": "01050160016900 03020100 0a0b0109001f400020000a0b0b", // (param exnref), try_table, throw_ref
  "multi-memory": "05050200000000", // (memory 0) (memory 0)
  "memory64": "040401700400 0503010400", // (table i64 0 funcref) (memory i64 0)
  "threads": "010401600000 03020100 050401030000 0a07010500fe03000b", // (memory 0 0 shared), atomic.fence
  "wide-arithmetic": "01070160017e027e7e 03020100 0a0a01080020002000fc160b", // i64.mul_wide_u
  "custom-page-sizes": "050401080000", // (memory 0 (pagesize 1))
  "stack-switching": "0106026000005d00", // (type $f (func)) (type (cont $f))
};
const HEADER = "0061736d01000000";
const bytesOf = (hex) => Buffer.from(HEADER + hex.replaceAll(" ", ""), "hex");
const FEATURES = Object.keys(PROBES).filter((feature) => WebAssembly.validate(bytesOf(PROBES[feature])));

// ---- Types. The interface doesn't tell them, and without them a number may be an i32 or a float: so they are read
// from the module. The engine has validated it before, so that only what is well-formed is read here.

/** What an abstract heap type is at the top of its hierarchy (the byte is that of the shorthand, too). */
const TOPS = {
  0x73: "func", 0x70: "func", 0x72: "extern", 0x6f: "extern", 0x74: "exn", 0x69: "exn", 0x75: "cont", 0x68: "cont",
  0x71: "any", 0x6e: "any", 0x6d: "any", 0x6c: "any", 0x6b: "any", 0x6a: "any",
};
const NUMBERS = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };
const KINDS = ["func", "table", "memory", "global", "tag"];

/**
 * A module's imports (`{module, name, kind, type}`) and exports (name to `{kind, type}`). A function's or tag's type is
 * `{params, results}` of value types, a global's a value type; other kinds have none. A value type is `{num}` or
 * `{ref, nullable}`, with the top of its hierarchy.
 */
function declarations(bytes) {
  let at = 8;
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const byte = () => bytes[at++];
  const leb = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const b = byte();
      value += (b & 127) * scale;
      if (b < 128) return value;
    }
  };
  const skipLeb = () => { while (byte() > 127); };
  const list = (read) => Array.from({ length: leb() }, read);
  const name = () => { const length = leb(); return utf8.decode(bytes.subarray(at, at += length)); };
  const types = [];
  // A type may mention one that comes later in its recursive group: tops of indices are looked up when they are used.
  const heap = () => {
    const top = TOPS[bytes[at]];
    if (top) return at++, () => top;
    const index = leb(); // s33, but a type's index is never negative
    return () => types[index].top;
  };
  const ref = (nullable, top) => ({ get ref() { return top(); }, nullable });
  const valtype = () => {
    const b = byte();
    if (b in NUMBERS) return { num: NUMBERS[b] };
    if (b === 0x63 || b === 0x64) return ref(b === 0x63, heap());
    return ref(true, () => TOPS[b]);
  };
  const fieldtype = () => {
    if (bytes[at] === 0x78 || bytes[at] === 0x77) at++; // i8, i16
    else valtype();
    byte(); // mutability
  };
  const subtype = (b = byte()) => {
    if (b === 0x4f || b === 0x50) { list(leb); b = byte(); } // sub, sub final: supertypes
    if (b === 0x60) types.push({ top: "func", params: list(valtype), results: list(valtype) });
    else if (b === 0x5f) { list(fieldtype); types.push({ top: "any" }); }
    else if (b === 0x5e) { fieldtype(); types.push({ top: "any" }); }
    else if (b === 0x5d) { skipLeb(); types.push({ top: "cont" }); }
    else throw new No("unsupported", `the driver doesn't know the type 0x${b.toString(16)}`);
  };
  const limits = () => {
    const flags = byte();
    for (let n = 1 + (flags & 1) + (flags >> 3 & 1); n > 0; n--) skipLeb(); // minimum, maximum, page size
  };
  const tabletype = () => { valtype(); limits(); };
  const globaltype = () => { const type = valtype(); byte(); return type; };
  const constant = () => {
    for (;;) {
      const b = byte();
      if (b === 0x0b) return;
      if (b === 0x41 || b === 0x42 || b === 0x23 || b === 0xd2 || b === 0xd0) skipLeb(); // const, global.get, ref.*
      else if (b === 0x43) at += 4;
      else if (b === 0x44) at += 8;
      else if (b === 0xfd) { skipLeb(); at += 16; } // v128.const
      else if (b === 0xfb) {
        const op = leb(); // struct.new 0, array.new* 6 to 8 have a type; array.new_fixed 8 a length, too
        if (op < 9) skipLeb();
        if (op === 8) skipLeb();
      } // what is left has no immediates: i32.add and its like
    }
  };
  const spaces = { func: [], table: [], memory: [], global: [], tag: [] };
  const externtype = {
    func: () => types[leb()], table: tabletype, memory: limits, global: globaltype,
    tag: () => (byte(), types[leb()]),
  };
  const imports = [], exports = new Map();
  const declare = (kind, type) => { spaces[kind].push(type); return type; };
  const sections = {
    1: () => list(() => { const b = byte(); b === 0x4e ? list(() => subtype()) : subtype(b); }),
    2: () => list(() => {
      const entry = { module: name(), name: name(), kind: KINDS[byte()] };
      imports.push({ ...entry, type: declare(entry.kind, externtype[entry.kind]()) });
    }),
    3: () => list(() => declare("func", types[leb()])),
    6: () => list(() => { declare("global", globaltype()); constant(); }),
    13: () => list(() => declare("tag", externtype.tag())),
    7: () => list(() => {
      const key = name(), kind = KINDS[byte()];
      exports.set(key, { kind, type: spaces[kind][leb()] });
    }),
  };
  while (at < bytes.length) {
    const section = sections[byte()], size = leb(), end = at + size;
    section?.();
    at = end;
  }
  return { imports, exports };
}

// ---- Values.

/** Whether values of the type cross the interface exactly. */
const crosses = ({ num, ref }) => num ? num === "i32" || num === "i64" : ref !== "exn" && ref !== "cont";

function mustCross(types, what) {
  const not = types.find((type) => !crosses(type));
  if (not) throw new No("unsupported", `${what}: a value of type ${not.num ?? not.ref} doesn't cross the JS interface`);
}

/** A reference of the host's, by its number: the same object each time. */
class Host { constructor(number) { this.number = number; } }

/** Tells structures from arrays, which are the same opaque thing to JavaScript: (ref.test (ref struct)) + 2 array. */
const classify = FEATURES.includes("gc") && new WebAssembly.Instance(new WebAssembly.Module(bytesOf(
  // (func (export "f") (param anyref) (result i32)
  //   (i32.add (ref.test (ref struct) (local.get 0)) (i32.shl (ref.test (ref array) (local.get 0)) (i32.const 1))))
  "01060160016e017f 03020100 07050101660000 0a120110002000fb146b2000fb146a4101746a0b"))).exports.f;

/** A fresh store: instances by number, references that have crossed, calls that host functions have seen. */
const newStore = () => ({ instances: new Map(), next: 0, hosts: new Map(), handles: [], numbers: new Map(), log: [] });
let store = newStore();

function handle(kind, object) {
  if (!store.numbers.has(object)) store.numbers.set(object, store.handles.push(object) - 1);
  return { ref: kind, handle: store.numbers.get(object) };
}

function toProtocol(value, type) {
  if (type.num) return { [type.num]: String(value) };
  if (value === null) return { ref: null };
  if (value instanceof Host) return { ref: { [type.ref === "extern" ? "extern" : "host"]: value.number } };
  if (type.ref !== "any") return handle(type.ref, value);
  if (typeof value === "number") return { ref: { i31: value & 0x7fffffff } }; // signed to JavaScript
  return handle(["any", "struct", "array"][classify ? classify(value) : 0], value);
}

function fromProtocol(value, type) {
  if (type.num) {
    const text = value[type.num];
    if (text === undefined) throw new No("error", `expected ${type.num}, found ${JSON.stringify(value)}`);
    const exact = BigInt(text);
    const inRange = type.num === "i32" ? BigInt.asIntN(32, exact) : BigInt.asIntN(64, exact);
    if (exact !== inRange) throw new No("error", `${text} is no ${type.num}`);
    return type.num === "i32" ? Number(exact) : exact;
  }
  if (value.handle !== undefined) {
    if (!(value.handle in store.handles)) throw new No("error", `there is no handle ${value.handle}`);
    return store.handles[value.handle];
  }
  if (value.ref === null) return null;
  const number = value.ref?.extern ?? value.ref?.host;
  if (number !== undefined) {
    if (!store.hosts.has(number)) store.hosts.set(number, new Host(number));
    return store.hosts.get(number);
  }
  if (value.ref?.i31 !== undefined) return value.ref.i31 << 1 >> 1;
  throw new No("error", `expected a reference, found ${JSON.stringify(value)}`);
}

function fromProtocols(values, types) {
  if (values.length !== types.length) throw new No("error", `expected ${types.length} values, found ${values.length}`);
  return values.map((value, i) => fromProtocol(value, types[i]));
}

/** The one result, or the list of several, as JavaScript has them. */
const results = (values) => values.length < 2 ? values[0] : values;
const unresults = (returned, types) => types.length < 2 ? [returned].slice(0, types.length) : [...returned];

// ---- Host functions and imports.

/** What host functions throw where they are told to: nothing in a module knows its tag, and it has no values. */
const HOST_ERROR = new Error("thrown by the host");

function zero(type) {
  if (type.num) return type.num === "i64" ? 0n : 0;
  if (type.nullable) return null;
  throw HOST_ERROR;
}

function hostFunction({ module, name, type }, { results: answers = [], throws = [] }) {
  mustCross([...type.params, ...type.results], `the host's ${module} ${name}`);
  // An answer of other types than the import's is as good as none.
  const answer = (values) => { try { return fromProtocols(values, type.results); } catch { return null; } };
  let call = 0;
  return (...args) => {
    store.log.push({ module, name, args: args.map((arg, i) => toProtocol(arg, type.params[i])) });
    const k = call++;
    if (throws.includes(k)) throw HOST_ERROR;
    return results((k < answers.length && answer(answers[k])) || type.results.map(zero));
  };
}

/** The value of an import, from where the request says. */
function resolve(entry, links) {
  const link = links.find(({ module, name }) => module === entry.module && name === entry.name);
  if (link === undefined) throw new No("unlinkable", `unknown import: ${entry.module} ${entry.name}`);
  if (link.from === "spectest") return exported(spectest(), entry.name).value;
  if (link.from.instance !== undefined) return exported(instanceOf(link.from.instance), link.from.export).value;
  if (entry.kind !== "func") throw new No("unlinkable", `the host has functions only: ${entry.module} ${entry.name}`);
  return hostFunction(entry, link.from.host);
}

function instanceOf(number) {
  const found = store.instances.get(number);
  if (found === undefined) throw new No("error", `there is no instance ${number}`);
  return found;
}

/** An export: its value, and the kind and type that the module declares. */
function exported({ exports, declared }, name, kind) {
  const found = declared.get(name);
  if (found === undefined) throw new No("unlinkable", `nothing is exported as ${JSON.stringify(name)}`);
  if (kind && found.kind !== kind) throw new No("unlinkable", `${JSON.stringify(name)} is a ${found.kind}`);
  return { value: exports[name], type: found.type };
}

function instantiate(bytes, links) {
  const module = compile(bytes);
  const { imports, exports: declared } = declarations(bytes);
  const values = imports.map((entry) => resolve(entry, links));
  // Imports are read in order, once each: so two of the same name may be different functions.
  const importObject = new Proxy({}, { get: () => new Proxy({}, { get: () => values.shift() }) });
  const { exports } = running(() => new WebAssembly.Instance(module, importObject));
  return { exports, declared };
}

/**
 * The suite's host module: functions of each type that print nothing, the globals 666 and 666.6, a table of 10 to 20
 * elements and a memory of 1 to 2 pages; with the proposal that has them, a table of 64 bits and a shared memory.
 */
const SPECTEST = {
  "":
    "011e0760000060017f0060017e0060017d0060017c0060027f7d0060027c7c00 0308070001020304050604050170010a14 0504010101" +
    "02 0621047f00419a050b7e00429a050b7d004366a626440b7c0044cdccccccccd484400b 079e010d0a676c6f62616c5f69333203000a" +
    "676c6f62616c5f69363403010a676c6f62616c5f66333203020a676c6f62616c5f6636340303057461626c650100066d656d6f72790200" +
    "057072696e740000097072696e745f6933320001097072696e745f6936340002097072696e745f6633320003097072696e745f66363400" +
    "040d7072696e745f6933325f66333200050d7072696e745f6636345f6636340006 0a160702000b02000b02000b02000b02000b02000b0" +
    "2000b",
  "memory64": "04050170050a14 070b01077461626c6536340100",
  "threads": "050401030102 0711010d7368617265645f6d656d6f72790200",
};

function spectest() {
  if (store.spectest === undefined) {
    store.spectest = { exports: {}, declared: new Map() };
    for (const [feature, module] of Object.entries(SPECTEST)) {
      if (feature !== "" && !FEATURES.includes(feature)) continue;
      const { exports, declared } = instantiate(bytesOf(module), []);
      Object.assign(store.spectest.exports, exports);
      declared.forEach((type, name) => store.spectest.declared.set(name, type));
    }
  }
  return store.spectest;
}

// ---- How the engine ends what it doesn't do.

const MEMORY = "memory-out-of-bounds", TABLE = "table-out-of-bounds", ARRAY = "array-out-of-bounds";
const NULL = "null-reference";

/** What a trap's message may stand for; the first that fits. V8's words, then JavaScriptCore's. */
const TRAPS = [
  [/^unreachable|^Unreachable code/, ["unreachable"]],
  [/^null function$/, ["uninitialized-element"]],
  [/function signature mismatch|signature that does not match/, ["indirect-call-type", "uninitialized-element"]],
  [/array\.(init|new)_data/, [ARRAY, MEMORY, NULL]],
  [/array\.(init|new)_elem/, [ARRAY, TABLE, NULL]],
  [/^array element access|^Out of bounds array/, [ARRAY]],
  [/memory access out of bounds|data segment|^Out of bounds memory access/, [MEMORY]],
  [/table index is out of bounds|element segment/, [TABLE]],
  [/^Out of bounds (table|call_indirect)|out of bounds table index/, [TABLE]],
  [/^(divide|remainder) by zero|^Division by zero/, ["integer-divide-by-zero"]],
  [/^divide result unrepresentable|^Integer overflow/, ["integer-overflow"]],
  [/^float unrepresentable|Trunc operation/, ["invalid-conversion", "integer-overflow"]],
  // JavaScriptCore's of a null that is cast, too, if the type is one of the module's.
  [/^access to a null reference/, [NULL, "cast-failure"]],
  [/null pointer|rethrowing null|null reference/, [NULL]],
  [/^illegal cast|ref\.cast failed/, ["cast-failure"]],
  [/unaligned/i, ["unaligned-atomic"]],
];
const NO_SPACE = /too large$|^Failed to allocate/;

/** JavaScriptCore adds what the driver was doing. */
const words = (error) => String(error.message).replace(/ \(evaluating '.*'\)$/s, "");

function compile(bytes) {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw new No("limit", words(error));
    const message = words(error);
    // V8's limit of pages is the standard's.
    if (/implementation limit|internal limit|> maximum|too big/.test(message) && !/\(65536 pages\)/.test(message)) {
      throw new No("limit", message);
    }
    const lacks = wanted.some((feature) => !FEATURES.includes(feature));
    throw new No(lacks && /--experimental|not enabled/.test(message) ? "unsupported" : "rejected", message);
  }
}

/** Does what runs code of modules, and says how that ended. */
function running(action) {
  try {
    return action();
  } catch (error) {
    if (error instanceof No) throw error;
    if (error === HOST_ERROR) throw new No("exception", error.message, { payload: [] });
    if (error instanceof WebAssembly.Exception) throw thrown(error);
    const message = words(error);
    if (error instanceof WebAssembly.RuntimeError) {
      if (NO_SPACE.test(message)) throw new No("exhausted", message);
      const traps = TRAPS.find(([pattern]) => pattern.test(message))?.[1] ?? ["other"];
      throw new No("trap", message, { traps });
    }
    if (error instanceof WebAssembly.LinkError) {
      throw new No(/couldn't create/.test(message) ? "limit" : "unlinkable", message);
    }
    if (error instanceof RangeError) throw new No(/call stack/.test(message) ? "exhausted" : "limit", message);
    throw new No("error", `${error?.name}: ${message}`);
  }
}

/** An exception; its values are known if its tag is, and they cross. */
function thrown(exception) {
  for (const [instance, { exports, declared }] of store.instances) {
    for (const [name, { kind, type }] of declared) {
      if (kind !== "tag" || !exception.is(exports[name])) continue;
      const tag = { instance, export: name };
      if (!type.params.every(crosses)) return new No("exception", "its values don't cross the JS interface", { tag });
      const payload = type.params.map((param, i) => toProtocol(exception.getArg(exports[name], i), param));
      return new No("exception", "thrown and not caught", { tag, payload });
    }
  }
  return new No("exception", "thrown and not caught, of a tag that isn't exported");
}

// ---- Requests.

let wanted = [];

const [ENGINE, VERSION] = process.versions.webkit
  ? ["JavaScriptCore", process.versions.webkit.slice(0, 12)]
  : ["V8", process.versions.v8];
const RUNTIME = process.versions.bun ? `Bun ${process.versions.bun}`
  : process.versions.deno ? `Deno ${process.versions.deno}` : `Node ${process.versions.node}`;

const fromBase64 = (text) => Buffer.from(text, "base64");
const bufferOf = (request) => exported(instanceOf(request.instance), request.export, "memory").value.buffer;

/** The bytes of a range, which must be within the memory. */
function range(buffer, offset, length) {
  if (offset + length > buffer.byteLength) throw new No("error", `the memory has ${buffer.byteLength} bytes`);
  return new Uint8Array(buffer, offset, length);
}

/** In pieces: a hash takes neither 4 GiB at once nor what is shared with other threads. */
function sha256(buffer) {
  const hash = createHash("sha256");
  const piece = 2 ** 26;
  for (let at = 0; at < buffer.byteLength; at += piece) {
    const bytes = new Uint8Array(buffer, at, Math.min(piece, buffer.byteLength - at));
    hash.update(buffer instanceof ArrayBuffer ? bytes : bytes.slice());
  }
  return hash.digest("hex");
}

/** The size in the memory's own pages: that before growing by none, in the type of its addresses. */
function pagesOf(memory) {
  try { return memory.grow(0); } catch { return Number(memory.grow(0n)); }
}

const OPERATIONS = {
  hello({ version, features = [] }) {
    if (version !== 1) throw new No("unsupported", `version ${version} of the protocol`);
    wanted = features;
    const name = `${ENGINE} ${VERSION.split(".").slice(0, 2).join(".")} (${RUNTIME})`;
    return { name, version: VERSION, features: FEATURES, carries: ["i32", "i64"], traps: "text" };
  },
  reset() {
    store = newStore();
    return {};
  },
  validate({ module }) {
    compile(fromBase64(module));
    return {};
  },
  instantiate({ module, imports = [] }) {
    const made = instantiate(fromBase64(module), imports);
    store.instances.set(store.next, made);
    return { instance: store.next++ };
  },
  invoke({ instance, export: name, args = [] }) {
    const { value: func, type } = exported(instanceOf(instance), name, "func");
    mustCross([...type.params, ...type.results], name);
    const values = fromProtocols(args, type.params);
    const returned = running(() => func(...values));
    return { values: unresults(returned, type.results).map((value, i) => toProtocol(value, type.results[i])) };
  },
  get({ instance, export: name }) {
    const { value: global, type } = exported(instanceOf(instance), name, "global");
    mustCross([type], name);
    return { values: [toProtocol(global.value, type)] };
  },
  set({ instance, export: name, value }) {
    const { value: global, type } = exported(instanceOf(instance), name, "global");
    mustCross([type], name);
    global.value = fromProtocol(value, type);
    return { values: [toProtocol(global.value, type)] };
  },
  memory({ instance, export: name, offset = 0, length = 0 }) {
    const { value: memory } = exported(instanceOf(instance), name, "memory");
    const pages = pagesOf(memory);
    const bytes = Buffer.from(range(memory.buffer, offset, length)).toString("base64");
    return { pages, sha256: sha256(memory.buffer), bytes };
  },
  write(request) {
    const bytes = fromBase64(request.bytes);
    range(bufferOf(request), request.offset, bytes.length).set(bytes);
    return {};
  },
  table({ instance, export: name }) {
    const { value: table } = exported(instanceOf(instance), name, "table");
    const { length } = table; // of the type of the table's addresses
    let nulls = "";
    try {
      for (let i = length - length; i < length; i++) nulls += table.get(i) === null ? "1" : "0";
    } catch (error) {
      throw new No("unsupported", words(error)); // elements of a type that doesn't cross
    }
    return { size: Number(length), nulls };
  },
  log() {
    const calls = store.log;
    store.log = [];
    return { calls };
  },
  drop({ instance }) {
    instanceOf(instance);
    store.instances.delete(instance);
    return {};
  },
};

function answer(line) {
  let id = null;
  try {
    const request = JSON.parse(line);
    id = request.id ?? null;
    if (!Object.hasOwn(OPERATIONS, request.op)) throw new No("error", `unknown operation ${request.op}`);
    return { id, ok: OPERATIONS[request.op](request) };
  } catch (error) {
    if (error instanceof No) return { id, no: error.answer };
    return { id, no: { kind: "error", message: `${error?.name}: ${error?.message}` } };
  }
}

// ---- Lines in, lines out. Synchronously, so that an answer is out before the next request is looked at.

/** Again, while the other end isn't ready. */
function retrying(action) {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function write(text) {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) bytes = bytes.subarray(retrying(() => writeSync(1, bytes)));
}

const chunk = Buffer.alloc(1 << 16);
let parts = []; // of a line that hasn't ended yet
for (let read; (read = retrying(() => readSync(0, chunk, 0, chunk.length, null))) > 0; ) {
  let rest = Buffer.from(chunk.subarray(0, read));
  for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1)) {
    const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString();
    parts = [];
    if (line.trim() !== "") write(`${JSON.stringify(answer(line))}\n`);
  }
  parts.push(rest);
}
