#!/usr/bin/env python3
"""Plays cases.jsonl to a driver and checks what it answers. Standard library only.

    test.py NAME COMMAND...     runs COMMAND, which speaks the engine protocol; NAME stands in the report
    test.py --bless             writes the bytes of all modules from their texts (needs the wheel of wasmtime)

A case is one line: `case`, its name; `needs`, proposals and value types without which it says nothing; `lacks`, such
that it says nothing with them; `modules`, by name, text and bytes; `play`, a list of requests, each with what is to be
in its answer. In a request `module` is the module's name, an instance the number of the instantiation in this case,
a handle the number of the handle as answers had them; `pad` adds a custom section of so many bytes to the module. An
expected kind `malformed` or `invalid` may be answered `rejected`; the list of an expected trap must be in the list that
is answered. The handle `new` and `any` stand for whatever is there. An answer of the kind that `may` be ends the case,
which is counted apart.
"""

import base64
import json
import os
import subprocess
import sys
import threading

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.jsonl")
DEADLINE = 120  # seconds, of a whole run
KINDS = {
    "malformed", "invalid", "rejected", "limit", "unlinkable", "trap", "exception", "exhausted", "unsupported", "error",
}


def cases():
    with open(CASES, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def leb(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + leb(n >> 7)


class Driver:
    """A driver's process: one line each way at a time."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = 0
        self.timer = threading.Timer(DEADLINE, self.process.kill)
        self.timer.daemon = True
        self.timer.start()

    def line(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise EOFError("the driver has ended")
        return json.loads(answer)

    def ask(self, request):
        self.id += 1
        answer = self.line(json.dumps({"id": self.id, **request}))
        assert answer.get("id") == self.id, f"an answer to {self.id}: {answer}"
        return answer

    def end(self):
        """Its exit code, once its input is closed."""
        self.process.stdin.close()
        code = self.process.wait()
        self.timer.cancel()
        return code


class Refused(Exception):
    """The engine doesn't do what the case is about, and may say so."""


class Play:
    """One case: what its numbers stand for in this run."""

    def __init__(self, driver, case):
        self.driver = driver
        self.modules = {name: base64.b64decode(module["bytes"]) for name, module in case.get("modules", {}).items()}
        self.instances = []
        self.handles = []

    def request(self, value):
        """A request of the case in the driver's numbers."""
        if isinstance(value, list):
            return [self.request(item) for item in value]
        if not isinstance(value, dict):
            return value
        out = {key: self.request(item) for key, item in value.items() if key != "pad"}
        if "op" in value and "module" in value:
            module = self.modules[value["module"]]
            if "pad" in value:
                module += b"\0" + leb(value["pad"] + 1) + bytes(value["pad"] + 1)
            out["module"] = base64.b64encode(module).decode()
        if isinstance(value.get("instance"), int) and value["instance"] < len(self.instances):
            out["instance"] = self.instances[value["instance"]]
        if isinstance(value.get("handle"), int) and value["handle"] < len(self.handles):
            out["handle"] = self.handles[value["handle"]]
        return out

    def matches(self, expected, found):
        if expected == "any":
            return True
        if isinstance(expected, list):
            return isinstance(found, list) and len(expected) == len(found) and all(map(self.matches, expected, found))
        if not isinstance(expected, dict):
            return type(expected) is type(found) and expected == found
        if not isinstance(found, dict):
            return False
        if "handle" in expected:
            return expected["ref"] == found.get("ref") and self.handle(expected["handle"], found.get("handle"))
        if "payload" in expected or "values" in expected:
            # Values have nothing beside what is expected.
            key = "payload" if "payload" in expected else "values"
            if key not in found:
                return False
        return all(key in found and self.matches(item, found[key]) for key, item in expected.items())

    def handle(self, expected, found):
        if isinstance(expected, int):
            return self.handles[expected] == found
        if expected == "new":
            self.handles.append(found)
        return isinstance(found, int)

    def step(self, request, expected):
        if "raw" in request:
            answer = self.driver.line(request["raw"])
        else:
            answer = self.driver.ask(self.request(request))
        if ("ok" in answer) == ("no" in answer):
            return f"either ok or no: {answer}"
        no = answer.get("no")
        if no is not None and (no.get("kind") not in KINDS or not isinstance(no.get("message"), str)):
            return f"not as the protocol has it: {answer}"
        if no is not None and no["kind"] == expected.get("may"):
            raise Refused(no["kind"])
        if "ok" in expected:
            good = no is None and self.matches(expected["ok"], answer["ok"])
            if good and request.get("op") == "instantiate":
                self.instances.append(answer["ok"]["instance"])
        else:
            good = no is not None and self.refused(dict(expected["no"]), no)
        return None if good else f"{json.dumps(request)}\n    expected {json.dumps(expected)}\n    answered {answer}"

    def refused(self, expected, no):
        kinds = {"malformed": ["malformed", "rejected"], "invalid": ["invalid", "rejected"]}
        kind = expected.pop("kind")
        if no["kind"] not in kinds.get(kind, [kind]):
            return False
        if "tag" in expected:
            expected["tag"] = self.request(expected["tag"])
        return set(expected.pop("traps", [])) <= set(no.get("traps", [])) and self.matches(expected, no)


def play(driver, case):
    """What is wrong, if anything."""
    driver.ask({"op": "reset"})
    playing = Play(driver, case)
    for request, expected in case["play"]:
        wrong = playing.step(request, expected)
        if wrong:
            return wrong
    return None


def test(name, command):
    try:
        driver = Driver(command)
    except OSError as error:
        print(f"{name}: isn't there: {error}")
        return 1
    failed, passed, unsaid = [], 0, {}
    wants = sorted({need for case in cases() for need in case.get("needs", [])})
    try:
        hello = driver.ask({"op": "hello", "version": 1, "features": wants})["ok"]
        has = set(hello["features"]) | set(hello["carries"])
        for case in cases():
            missing = ["for " + need for need in case.get("needs", []) if need not in has]
            missing += ["without " + lack for lack in case.get("lacks", []) if lack in has]
            if missing:
                unsaid.setdefault(missing[0], []).append(case["case"])
                continue
            try:
                wrong = play(driver, case)
            except Refused as refused:
                unsaid.setdefault(str(refused), []).append(case["case"])
                continue
            passed += wrong is None
            if wrong:
                failed.append(f"  {case['case']}: {wrong}")
        code = driver.end()
        if code != 0:
            failed.append(f"  it ended with exit code {code} when its input was closed")
        what = f"{hello['name']}: {passed} cases as expected, {len(failed)} not"
    except (EOFError, AssertionError, KeyError, ValueError) as error:
        failed.append(f"  {type(error).__name__}: {error}")
        driver.process.kill()
        driver.end()
        what = f"{passed} cases as expected, then the driver failed"
    others = ", ".join(f"{len(names)} {why}" for why, names in sorted(unsaid.items()))
    print(f"{name}: {what}" + (f"; not played: {others}" if others else ""))
    for wrong in failed:
        print(wrong)
    return 1 if failed else 0


def bless():
    """One line a case, with the bytes that the texts have."""
    from wasmtime import wat2wasm  # the wheel that `make engines` fetches

    lines = []
    for case in cases():
        for module in case.get("modules", {}).values():
            if "text" in module:
                module["bytes"] = base64.b64encode(bytes(wat2wasm(module["text"]))).decode()
        lines.append(json.dumps(case, ensure_ascii=False) + "\n")
    with open(CASES, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--bless"]:
        sys.exit(bless())
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(test(sys.argv[1], sys.argv[2:]))
