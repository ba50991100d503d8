"""Prints the licences of all that the archive has from others: a list of the packages, and each text once.

Usage: licences.py TARGET ROOT…; ROOT is a package of the dependency graph, and what it needs to run is what is listed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# What isn't a package of cargo's: name, version, licence, copyright.
OTHERS = [
    ("Z3", "libz3", "MIT", "Copyright (c) Microsoft Corporation. All rights reserved."),
    ("mdBook's theme", "book/", "MPL-2.0; its scripts MIT and BSD-3-Clause", "Sources: https://github.com/rust-lang/mdBook"),
    ("Rust's standard library", "std", "MIT OR Apache-2.0", "Copyright (c) The Rust Project Contributors"),
]


def needed(metadata, roots):
    """The packages that these roots link to, themselves included; tests and builds aren't linked."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    waiting = [i for i, package in packages.items() if package["name"] in roots]
    if len(waiting) != len(roots):
        sys.exit(f"not all of {roots} are in the graph")
    found = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            linked = (d for d in nodes[node]["deps"] if any(kind["kind"] is None for kind in d["dep_kinds"]))
            waiting.extend(d["pkg"] for d in linked)
    ours = set(metadata["workspace_members"])
    return sorted((packages[i] for i in found - ours), key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The licence files of a package, which stand beside its manifest."""
    folder = Path(package["manifest_path"]).parent
    names = re.compile(r"(licen[cs]e|copying|notice|copyright)", re.IGNORECASE)
    for file in sorted(folder.iterdir()):
        if names.match(file.name) and file.is_file():
            yield "\n".join(line.rstrip() for line in file.read_text(errors="replace").strip().splitlines())


def main():
    target, roots = sys.argv[1], sys.argv[2:]
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    used_by = {}
    print("What this archive has from others, and under which licences. Their texts follow; the Apache License 2.0 and the")
    print("MIT licence without a copyright line stand in LICENSE-APACHE and LICENSE-MIT.\n")
    for name, of, licence, notice in OTHERS:
        print(f"{name} ({of}): {licence}. {notice}")
    for package in needed(metadata, roots):
        name = f"{package['name']} {package['version']}"
        if not package["license"] and not package["license_file"]:
            sys.exit(f"{name} doesn't say under which licence it is")
        print(f"{name}: {package['license'] or 'its own licence, below'}")
        for text in texts(package):
            used_by.setdefault(text, []).append(name)
    for text, names in used_by.items():
        print(f"\n{'-' * 100}\nOf {', '.join(names)}:\n\n{text}")


main()
