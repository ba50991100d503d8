#!/usr/bin/env python3
"""Speaks the engine protocol (docs/engine-protocol.md) for wasmtime, any version from 5 on, by its wheels from PyPI.

    PYTHONPATH=FOLDER python3 assay_driver.py [--option NAME=VALUE]...

FOLDER has the wheel (`pip install --target FOLDER wasmtime==5.0.0`); an option is a setting of `wasmtime.Config` in
that version, such as `cranelift_opt_level=none`. Nothing but the wheel and the standard library is needed.

The bindings carry i32, i64 and f64 bit by bit; an f32 becomes a Python float on its way, which changes the bits of
NaNs. The library ends the whole process when it is asked for a type that it has no C form of (v128, and references that
aren't `funcref` or `externref`): so types are read from the module here, and those are answered `unsupported`.
"""

import base64
import ctypes
import hashlib
import importlib.metadata
import json
import os
import re
import struct
import sys

import wasmtime
from wasmtime import Val


class No(Exception):
    """What an answer `no` says: its kind, a message, and fields of the kind's own."""

    def __init__(self, kind, message, **fields):
        super().__init__(message)
        self.answer = {"kind": kind, "message": message, **fields}


# ---- Which proposals the engine has: for each, the smallest module that needs it (sections in hex, after the header).

PROBES = {
    "mutable-global": "0206010000037f01",  # (import "" "" (global (mut i32)))
    "sign-extension": "0105016000017f 03020100 0a070105004100c00b",  # i32.extend8_s
    "saturating-float-to-int": "0105016000017f 03020100 0a0b0109004300000000fc000b",  # i32.trunc_sat_f32_s
    "multi-value": "0106016000027f7f",  # (type (func (result i32 i32)))
    "reference-types": "0404016f0000",  # (table 0 externref)
    "bulk-memory": "010401600000 03020100 0503010000 0a0d010b00410041004100fc0b000b",  # memory.fill
    "simd": "0105016000017b 03020100 0a080106004100fd110b",  # i32x4.splat
    "relaxed-simd": "01060160017b017b 03020100 0a0b01090020002000fd80020b",  # i8x16.relaxed_swizzle
    "tail-call": "010401600000 03020100 0a0601040012000b",  # return_call 0
    "extended-const": "0609017f00410041006a0b",  # (global i32 (i32.add (i32.const 0) (i32.const 0)))
    "function-references": "0109026000006001640000 03020101 0a08010600200014000b",  # (param (ref $t)), call_ref $t
    "gc": "0103015f00",  # (type (struct))
    "exceptions": "01050160016900 03020100 0a0b0109001f400020000a0b0b",  # (param exnref), try_table, throw_ref
    "multi-memory": "05050200000000",  # (memory 0) (memory 0)
    "memory64": "040401700400 0503010400",  # (table i64 0 funcref) (memory i64 0)
    "threads": "010401600000 03020100 050401030000 0a07010500fe03000b",  # (memory 0 0 shared), atomic.fence
    "wide-arithmetic": "01070160017e027e7e 03020100 0a0a01080020002000fc160b",  # i64.mul_wide_u
    "custom-page-sizes": "050401080000",  # (memory 0 (pagesize 1))
    "stack-switching": "0106026000005d00",  # (type $f (func)) (type (cont $f))
}

# What a proposal is built on. The library ends the process where one is on and what it needs is off.
NEEDS = {
    "reference-types": ["bulk-memory"],
    "threads": ["bulk-memory"],
    "relaxed-simd": ["simd"],
    "function-references": ["reference-types"],
    "exceptions": ["reference-types"],
    "gc": ["function-references"],
    "stack-switching": ["function-references"],
}


def with_needs(features):
    needs = {need for feature in features for need in NEEDS.get(feature, [])} - set(features)
    return with_needs([*features, *needs]) if needs else features


# The suite's host module: functions of each type that print nothing, the globals 666 and 666.6, a table of 10 to 20
# elements and a memory of 1 to 2 pages; with the proposal that has them, a table of 64 bits and a shared memory.
SPECTEST = {
    "": "011e0760000060017f0060017e0060017d0060017c0060027f7d0060027c7c00 0308070001020304050604050170010a14"
    "0504010101020621047f00419a050b7e00429a050b7d004366a626440b7c0044cdccccccccd484400b079e010d0a676c6f62616c5f6933"
    "3203000a676c6f62616c5f69363403010a676c6f62616c5f66333203020a676c6f62616c5f6636340303057461626c650100066d656d6f"
    "72790200057072696e740000097072696e745f6933320001097072696e745f6936340002097072696e745f6633320003097072696e745f"
    "66363400040d7072696e745f6933325f66333200050d7072696e745f6636345f66363400060a160702000b02000b02000b02000b02000b"
    "02000b02000b",
    "memory64": "04050170050a14 070b01077461626c6536340100",
    "threads": "050401030102 0711010d7368617265645f6d656d6f72790200",
}


def with_header(sections):
    return bytes.fromhex("0061736d01000000" + sections)


# ---- Types, read from the module. The engine has validated it before, so that only what is well-formed is read here.

# Of value types: those that have names of their own in the binary format.
NAMED = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128", 0x70: "funcref", 0x6F: "externref"}
OTHER = "reference that isn't funcref or externref"
KINDS = ["func", "table", "memory", "global", "tag"]


class Declarations:
    """A module's imports, (module, name, kind, type), and exports, name to (kind, type).

    A function's or tag's type is a pair of lists of value types, a table's or global's a value type, a memory's whether
    it is shared. Value types are the names above; all other references are `OTHER`.
    """

    def __init__(self, module):
        self.bytes, self.at = module, 8
        self.imports, self.exports, self.types = [], {}, []
        self.spaces = {kind: [] for kind in KINDS}
        sections = {
            1: self.rectype, 2: self.imported, 3: lambda: self.declare("func", self.externtype("func")),
            4: self.table, 5: lambda: self.declare("memory", self.externtype("memory")), 6: self.global_,
            7: self.exported, 13: lambda: self.declare("tag", self.externtype("tag")),
        }
        while self.at < len(module):
            section, size = sections.get(self.byte()), self.leb()
            end = self.at + size
            if section:
                self.list(section)
            self.at = end

    def byte(self):
        self.at += 1
        return self.bytes[self.at - 1]

    def peek(self):
        return self.bytes[self.at]

    def leb(self):
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 127) << shift
            shift += 7
            if b < 128:
                return value

    def list(self, read):
        return [read() for _ in range(self.leb())]

    def name(self):
        length = self.leb()
        self.at += length
        return self.bytes[self.at - length : self.at].decode()

    def valtype(self):
        b = self.byte()
        if b not in (0x63, 0x64):
            return NAMED.get(b, OTHER)
        # (ref null? heaptype): the abstract ones that can be null are the same as their short forms.
        heap = self.leb()
        return NAMED.get(heap, OTHER) if b == 0x63 and heap in (0x70, 0x6F) else OTHER

    def fieldtype(self):
        if self.peek() in (0x78, 0x77):  # i8, i16
            self.byte()
        else:
            self.valtype()
        self.byte()  # mutability

    def rectype(self):
        if self.peek() == 0x4E:
            self.byte()
            self.list(self.subtype)
        else:
            self.subtype()

    def subtype(self):
        b = self.byte()
        if b in (0x4F, 0x50):  # sub, sub final: supertypes
            self.list(self.leb)
            b = self.byte()
        functype = None
        if b == 0x60:
            functype = (self.list(self.valtype), self.list(self.valtype))
        elif b == 0x5F:
            self.list(self.fieldtype)
        elif b == 0x5E:
            self.fieldtype()
        elif b == 0x5D:
            self.leb()
        else:
            raise No("unsupported", f"the driver doesn't know the type {b:#x}")
        self.types.append(functype)

    def limits(self):
        """Whether it is shared."""
        flags = self.byte()
        for _ in range(1 + (flags & 1) + (flags >> 3 & 1)):  # minimum, maximum, page size
            self.leb()
        return bool(flags & 2)

    def externtype(self, kind):
        if kind == "func":
            return self.types[self.leb()]
        if kind == "tag":
            self.byte()
            return self.types[self.leb()]
        if kind == "memory":
            return self.limits()
        valtype = self.valtype()
        if kind == "table":
            self.limits()
        else:
            self.byte()  # mutability
        return valtype

    def declare(self, kind, declared):
        self.spaces[kind].append(declared)
        return declared

    def table(self):
        initialized = self.peek() == 0x40
        self.at += 2 * initialized
        self.declare("table", self.externtype("table"))
        if initialized:
            self.constant()

    def global_(self):
        self.declare("global", self.externtype("global"))
        self.constant()

    def constant(self):
        while (b := self.byte()) != 0x0B:
            if b in (0x41, 0x42, 0x23, 0xD2, 0xD0):  # const, global.get, ref.func, ref.null
                self.leb()
            elif b == 0x43:
                self.at += 4
            elif b == 0x44:
                self.at += 8
            elif b == 0xFD:  # v128.const
                self.leb()
                self.at += 16
            elif b == 0xFB:
                # struct.new and array.new have a type, array.new_fixed a length, too.
                op = self.leb()
                for _ in range((op < 9) + (op == 8)):
                    self.leb()

    def imported(self):
        module, name, kind = self.name(), self.name(), KINDS[self.byte()]
        self.imports.append((module, name, kind, self.declare(kind, self.externtype(kind))))

    def exported(self):
        name, kind = self.name(), KINDS[self.byte()]
        self.exports[name] = (kind, self.spaces[kind][self.leb()])


# ---- Values.

CARRIES = ["i32", "i64", "f64"]
CROSS = [*CARRIES, "funcref", "externref"]


def must_cross(types, what):
    for valtype in types:
        if valtype not in CROSS:
            raise No("unsupported", f"{what}: a {valtype} doesn't cross the bindings bit by bit")


class Host:
    """A reference of the host's, by its number."""

    def __init__(self, number):
        self.number = number


class Foreign:
    """What was made external by a module, and isn't the host's. The bindings drop it, and call it null."""


def tell_foreign():
    """Has the bindings tell what is foreign from null, where they know how."""
    from wasmtime import _ffi as ffi

    if not hasattr(getattr(ffi, "wasmtime_externref_t", None), "store_id"):
        return
    from_raw = Val._from_raw

    def told(store, raw, owned=True):
        not_null = raw.kind == ffi.WASMTIME_EXTERNREF.value and raw.of.externref.store_id != 0
        value = from_raw(store, raw, owned)
        if not_null and value.value is None:
            value._val = Foreign()
        return value

    Val._from_raw = told


class HostError(Exception):
    """What host functions throw where they are told to."""


def zero(valtype):
    return {"i32": Val.i32, "i64": Val.i64, "f64": lambda _: Val.f64(0.0)}.get(valtype, lambda _: null(valtype))(0)


def null(valtype):
    return Val.funcref(None) if valtype == "funcref" else Val.externref(None)


class Store:
    """A fresh store: instances by number, references that have crossed, calls that host functions have seen."""

    def __init__(self, engine):
        self.store = wasmtime.Store(engine)
        self.instances = {}
        self.next = 0
        self.handles = []
        self.log = []
        self.spectest = None

    def to_protocol(self, value, valtype):
        if isinstance(value, Val):
            value = value.value
        if valtype in ("i32", "i64"):
            return {valtype: str(value)}
        if valtype == "f64":
            return {"f64": "0x" + struct.pack(">d", value).hex()}
        if value is None:
            return {"ref": None}
        if isinstance(value, Host):
            return {"ref": {"extern": value.number}}
        self.handles.append(value)
        return {"ref": "func" if valtype == "funcref" else "extern", "handle": len(self.handles) - 1}

    def to_protocols(self, values, types):
        return [self.to_protocol(value, valtype) for value, valtype in zip(values, types)]

    def from_protocol(self, value, valtype):
        try:
            if valtype in ("i32", "i64"):
                number, bits = int(value[valtype]), int(valtype[1:])
                if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
                    raise No("error", f"{number} is no {valtype}")
                return Val.i32(number) if valtype == "i32" else Val.i64(number)
            if valtype == "f64":
                return Val.f64(struct.unpack(">d", bytes.fromhex(value["f64"][2:]))[0])
            if "handle" in value:
                if not 0 <= value["handle"] < len(self.handles):
                    raise No("error", f"there is no handle {value['handle']}")
                found = self.handles[value["handle"]]
                if isinstance(found, Foreign):
                    raise No("unsupported", f"handle {value['handle']} can't come back")
                if isinstance(found, wasmtime.Func) != (valtype == "funcref"):
                    raise No("error", f"handle {value['handle']} is no {valtype}")
                return Val.funcref(found) if valtype == "funcref" else Val.externref(found)
            if value["ref"] is None:
                return null(valtype)
            if valtype == "externref":
                return Val.externref(Host(value["ref"]["extern"]))
        except (KeyError, TypeError, ValueError, struct.error):
            pass
        raise No("error", f"expected {valtype}, found {json.dumps(value)}")

    def from_protocols(self, values, types):
        if len(values) != len(types):
            raise No("error", f"expected {len(types)} values, found {len(values)}")
        return [self.from_protocol(value, valtype) for value, valtype in zip(values, types)]

    def instance(self, number):
        if number not in self.instances:
            raise No("error", f"there is no instance {number}")
        return self.instances[number]


def exported(instance, name, kind=None):
    """An export, and the type that the module declares."""
    exports, declared = instance
    if name not in declared:
        raise No("unlinkable", f"nothing is exported as {name!r}")
    found, valtype = declared[name]
    if kind and found != kind:
        raise No("unlinkable", f"{name!r} is a {found}")
    return exports[name], valtype


# ---- How the engine ends what it doesn't do.

# What wasmtime's words for a trap stand for: one kind each.
TRAPS = {
    "wasm `unreachable` instruction executed": "unreachable",
    "out of bounds memory access": "memory-out-of-bounds",
    "undefined element: out of bounds table access": "table-out-of-bounds",
    "uninitialized element": "uninitialized-element",
    "indirect call type mismatch": "indirect-call-type",
    "integer divide by zero": "integer-divide-by-zero",
    "integer overflow": "integer-overflow",
    "invalid conversion to integer": "invalid-conversion",
    "null reference": "null-reference",
    "cast failure": "cast-failure",
    "out of bounds array access": "array-out-of-bounds",
    "unaligned atomic": "unaligned-atomic",
}
THROWN = "thrown Wasm exception"
EXHAUSTED = ["call stack exhausted", "allocation size too large", "all fuel consumed"]
LIMIT = re.compile(r"exceeds limit|implementation limit|out of memory|failed to allocate|exceeds the (max|limit)")


def cause(error):
    """What wasmtime says of a trap or an exception, between where it was and, of some versions, their own backtrace."""
    found = re.findall(rf"^\s*(?:\d+: )?(?:wasm trap: (.+)|({THROWN}))$", str(error), re.MULTILINE)
    return (found[-1][0] or found[-1][1]).strip() if found else str(error)


class Driver:
    """The engine with its options, and the store of the day."""

    def __init__(self, options):
        self.options = options
        self.make_engine(None)

    def make_engine(self, wanted):
        """`wanted` are the proposals to switch on, and no others; without, those that the version has on by itself."""
        config = wasmtime.Config()
        if wanted is not None:
            # In versions with components these need references, and stay on.
            components = hasattr(wasmtime.Config, "wasm_component_model")
            on = with_needs([*wanted, "reference-types"] if components else wanted)
            for feature in PROBES:
                setting = "wasm_" + feature.replace("-", "_")
                if hasattr(wasmtime.Config, setting):
                    setattr(config, setting, feature in on)
            if "threads" in on and hasattr(wasmtime.Config, "shared_memory"):
                config.shared_memory = True
        for name, value in self.options:
            if not hasattr(wasmtime.Config, name):
                sys.exit(f"this version of wasmtime has no option {name}")
            try:
                setattr(config, name, value)
            except (wasmtime.WasmtimeError, TypeError, ctypes.ArgumentError) as error:
                sys.exit(f"option {name}={value}: {error}")
        self.wanted = wanted or []
        self.engine = wasmtime.Engine(config)
        self.features = [feature for feature, probe in PROBES.items() if self.is_valid(with_header(probe))]
        self.reset({})

    def is_valid(self, module):
        try:
            wasmtime.Module.validate(self.engine, module)
            return True
        except wasmtime.WasmtimeError:
            return False

    def compile(self, module):
        # First, because the constructor takes for text what doesn't begin as a module does.
        try:
            wasmtime.Module.validate(self.engine, module)
        except wasmtime.WasmtimeError as error:
            message = " ".join(str(error).split())
            if LIMIT.search(message):
                raise No("limit", message) from error
            lacks = any(feature not in self.features for feature in self.wanted)
            disabled = lacks and re.search("not enabled|not supported", message)
            raise No("unsupported" if disabled else "rejected", message) from error
        try:
            return wasmtime.Module(self.engine, module)
        except wasmtime.WasmtimeError as error:
            # Valid, and yet it can't be compiled.
            raise No("limit", " ".join(str(error).split())) from error

    def instantiate_module(self, module, links):
        compiled = self.compile(module)
        declared = Declarations(module)
        shared = any(entry == ("memory", True) for entry in declared.exports.values())
        if shared and not hasattr(wasmtime, "SharedMemory"):
            # Where the bindings don't know them, asking for such an export ends the process.
            raise No("unsupported", "an export that is a shared memory")
        imports = [
            self.resolve(entry, compiled_type.type, links)
            for entry, compiled_type in zip(declared.imports, compiled.imports)
        ]
        with Running(self):
            instance = wasmtime.Instance(self.store.store, compiled, imports)
        return instance.exports(self.store.store), declared.exports

    def resolve(self, entry, compiled_type, links):
        module, name, kind, functype = entry
        link = next((link for link in links if (link["module"], link["name"]) == (module, name)), None)
        if link is None:
            raise No("unlinkable", f"unknown import: {module} {name}")
        source = link["from"]
        if source == "spectest":
            return exported(self.spectest(), name)[0]
        if "instance" in source:
            return exported(self.store.instance(source["instance"]), source["export"])[0]
        if kind != "func":
            raise No("unlinkable", f"the host has functions only: {module} {name}")
        return self.host_function(module, name, functype, compiled_type, source["host"])

    def host_function(self, module, name, functype, compiled_type, script):
        params, results = functype
        must_cross(params + results, f"the host's {module} {name}")
        answers, throws = script.get("results", []), script.get("throws", [])
        if throws and "exceptions" in self.features:
            # The bindings make a trap of what a host function throws, which no handler catches.
            raise No("unsupported", "host functions can't throw exceptions")
        store, calls = self.store, iter(range(2**63))

        def answer(k):
            try:
                return store.from_protocols(answers[k], results)
            except (IndexError, No):  # an answer of other types is as good as none
                return [zero(valtype) for valtype in results]

        def function(*args):
            store.log.append({"module": module, "name": name, "args": store.to_protocols(args, params)})
            k = next(calls)
            if k in throws:
                raise HostError("thrown by the host")
            # As Python has them: a `Val` that refers to something is freed twice by wasmtime 5.
            values = [value.value for value in answer(k)]
            return values if len(values) > 1 else values[0] if values else None

        return wasmtime.Func(store.store, compiled_type, function)

    def spectest(self):
        if self.store.spectest is None:
            exports, declared = {}, {}
            for feature, module in SPECTEST.items():
                if feature and feature not in self.features:
                    continue
                try:
                    made, types = self.instantiate_module(with_header(module), [])
                except No:
                    continue  # the bindings know no shared memories
                exports.update({name: made[name] for name in types})
                declared.update(types)
            self.store.spectest = exports, declared
        return self.store.spectest

    # The operations of the protocol.

    def hello(self, request):
        if request["version"] != 1:
            raise No("unsupported", f"version {request['version']} of the protocol")
        self.make_engine(request.get("features"))
        version = importlib.metadata.version("wasmtime")
        options = "".join(f" {name}={value}" for name, value in self.options)
        name = f"wasmtime {version}{options} (Python {sys.version_info.major}.{sys.version_info.minor})"
        return {
            "name": name, "version": version, "features": self.features, "carries": CARRIES, "traps": "exact",
        }

    def reset(self, _request):
        self.store = Store(self.engine)
        return {}

    def validate(self, request):
        self.compile(base64.b64decode(request["module"]))
        return {}

    def instantiate(self, request):
        made = self.instantiate_module(base64.b64decode(request["module"]), request.get("imports", []))
        number = self.store.next
        self.store.next += 1
        self.store.instances[number] = made
        return {"instance": number}

    def invoke(self, request):
        func, (params, results) = exported(self.store.instance(request["instance"]), request["export"], "func")
        must_cross(params + results, request["export"])
        args = self.store.from_protocols(request.get("args", []), params)
        with Running(self):
            returned = func(self.store.store, *args)
        values = returned if len(results) > 1 else [returned] * len(results)
        return {"values": self.store.to_protocols(values, results)}

    def get(self, request):
        found, valtype = exported(self.store.instance(request["instance"]), request["export"], "global")
        must_cross([valtype], request["export"])
        return {"values": [self.store.to_protocol(found.value(self.store.store), valtype)]}

    def set(self, request):
        found, valtype = exported(self.store.instance(request["instance"]), request["export"], "global")
        must_cross([valtype], request["export"])
        found.set_value(self.store.store, self.store.from_protocol(request["value"], valtype))
        return self.get(request)

    def bytes_of(self, request):
        """A memory, and a view of its bytes."""
        memory, _ = exported(self.store.instance(request["instance"]), request["export"], "memory")
        if not isinstance(memory, wasmtime.Memory):
            raise No("unsupported", "the bytes of a shared memory")
        length = memory.data_len(self.store.store)
        if length == 0:
            return memory, memoryview(b"")
        address = ctypes.addressof(memory.data_ptr(self.store.store).contents)
        return memory, memoryview((ctypes.c_ubyte * length).from_address(address)).cast("B")

    def memory(self, request):
        memory, view = self.bytes_of(request)
        start, length = request.get("offset", 0), request.get("length", 0)
        if start + length > len(view):
            raise No("error", f"the memory has {len(view)} bytes")
        return {
            "pages": memory.size(self.store.store),
            "sha256": hashlib.sha256(view).hexdigest(),
            "bytes": base64.b64encode(view[start : start + length]).decode(),
        }

    def write(self, request):
        _, view = self.bytes_of(request)
        start, data = request["offset"], base64.b64decode(request["bytes"])
        if start + len(data) > len(view):
            raise No("error", f"the memory has {len(view)} bytes")
        if data:
            view[start : start + len(data)] = data
        return {}

    def table(self, request):
        found, valtype = exported(self.store.instance(request["instance"]), request["export"], "table")
        if valtype not in ("funcref", "externref"):
            raise No("unsupported", "a table of references that don't cross the bindings")
        store = self.store.store
        # A null comes as a `Val`, what isn't null as itself.
        nulls = "".join("01"[isinstance(found.get(store, i), Val)] for i in range(found.size(store)))
        return {"size": len(nulls), "nulls": nulls}

    def log(self, _request):
        calls, self.store.log = self.store.log, []
        return {"calls": calls}

    def drop(self, request):
        self.store.instance(request["instance"])
        del self.store.instances[request["instance"]]
        return {}


OPERATIONS = [
    "hello", "reset", "validate", "instantiate", "invoke", "get", "set", "memory", "write", "table", "log", "drop",
]


class Running:
    """Says how what runs code of modules has ended."""

    def __init__(self, driver):
        self.driver = driver

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        if isinstance(error, HostError):
            raise No("exception", str(error), payload=[]) from error
        # When an instantiation ends so, it is no trap to the bindings.
        if isinstance(error, wasmtime.WasmtimeError) and cause(error) == THROWN:
            raise self.thrown() from error
        if isinstance(error, wasmtime.Trap):
            # Its code isn't asked for: wasmtime 5 ends the process for some.
            words = cause(error)
            if words in EXHAUSTED:
                raise No("exhausted", words) from error
            if words == THROWN:
                raise self.thrown() from error
            raise No("trap", words, traps=[TRAPS.get(words, "other")]) from error
        if isinstance(error, wasmtime.WasmtimeError):
            message = " ".join(str(error).split())
            kind = "limit" if LIMIT.search(message) else "unsupported" if "is disabled" in message else "unlinkable"
            raise No(kind, message) from error

    def thrown(self):
        """The pending exception; its values are known if its tag is, and they cross."""
        from wasmtime import _ffi as ffi  # the bindings have them in their C form only

        store = self.driver.store
        context = store.store._context()
        exception, tag = ffi.wasmtime_exnref_t(), ffi.wasmtime_tag_t()
        if not ffi.wasmtime_context_take_exception(context, ctypes.byref(exception)):
            return No("exception", "thrown and not caught")
        try:
            ffi.wasmtime_exnref_tag(context, ctypes.byref(exception), ctypes.byref(tag))
            for number, (exports, declared) in store.instances.items():
                for name, (kind, functype) in declared.items():
                    if kind != "tag" or not exports[name].eq(store.store, wasmtime.Tag._from_raw(tag)):
                        continue
                    found = {"instance": number, "export": name}
                    if any(valtype not in CROSS for valtype in functype[0]):
                        return No("exception", "its values don't cross the bindings bit by bit", tag=found)
                    payload = []
                    for i, valtype in enumerate(functype[0]):
                        value = ffi.wasmtime_val_t()
                        ffi.wasmtime_exnref_field(context, ctypes.byref(exception), i, ctypes.byref(value))
                        payload.append(store.to_protocol(Val._from_raw(store.store, value), valtype))
                    return No("exception", "thrown and not caught", tag=found, payload=payload)
            return No("exception", "thrown and not caught, of a tag that isn't exported")
        finally:
            ffi.wasmtime_exnref_unroot(ctypes.byref(exception))


def option(text):
    """A setting of `wasmtime.Config`: a boolean, a number or a word."""
    name, _, value = text.partition("=")
    if value in ("true", "false"):
        return name, value == "true"
    return name, int(value) if value.isdigit() else value


def answer(driver, line):
    number = None
    try:
        request = json.loads(line)
        number = request.get("id")
        if request.get("op") not in OPERATIONS:
            raise No("error", f"unknown operation {request.get('op')}")
        return {"id": number, "ok": getattr(driver, request["op"])(request)}
    except No as no:
        return {"id": number, "no": no.answer}
    except Exception as error:  # whatever it is, it is an answer
        return {"id": number, "no": {"kind": "error", "message": f"{type(error).__name__}: {error}"}}


def main():
    arguments = sys.argv[1:]
    if len(arguments) % 2 or any(name != "--option" for name in arguments[::2]):
        sys.exit(__doc__)
    # What the bindings print (those of version 20 do) is no answer.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    tell_foreign()
    driver = Driver([option(text) for text in arguments[1::2]])
    for line in sys.stdin.buffer:
        if line.strip():
            answers.write(json.dumps(answer(driver, line)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
