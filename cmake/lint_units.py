"""Combines the sources of each folder into one translation unit for clang-tidy, so that the headers of the actor
framework and of Boost, which cost it most of its time, are read and matched once per folder and not once per file.

lint_units.py BUILD_FOLDER OUT_FOLDER [FILE...]: reads BUILD_FOLDER/compile_commands.json; writes OUT_FOLDER/NAME.cpp for
each folder that has one of the files (default: all folders but the tests), and a compile_commands.json of these beside.
Prints the names. Names in unnamed namespaces must therefore differ within a folder."""

import json
import pathlib
import shlex
import sys

build, out = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
root = pathlib.Path(__file__).resolve().parents[1]
wanted = {(root / name).resolve().parent for name in sys.argv[3:]}
FLAGS = ("-D", "-I", "-std=")

folders = {}
for entry in json.loads((build / "compile_commands.json").read_text()):
    file = pathlib.Path(entry["directory"], entry["file"]).resolve()
    if not file.is_relative_to(root) or file.is_relative_to(build) or file.is_relative_to(root / "tests"):
        continue
    if wanted and file.parent not in wanted:
        continue
    files, flags = folders.setdefault(file.parent, ([], {}))
    files.append(file)
    words = shlex.split(entry["command"])
    for word, following in zip(words, words[1:]):
        if word == "-isystem":
            flags[f"-isystem {following}"] = ["-isystem", following]
        elif word.startswith(FLAGS):
            flags[word] = [word]

out.mkdir(parents=True, exist_ok=True)
entries = []
for folder, (files, flags) in sorted(folders.items()):
    name = "_".join(folder.relative_to(root).parts)
    unit = out / f"{name}.cpp"
    unit.write_text("".join(f'#include "{file.relative_to(root)}"\n' for file in sorted(set(files))))
    words = ["c++", *(word for flag in flags.values() for word in flag), "-c", str(unit)]
    entries.append({"directory": str(build), "file": str(unit), "command": shlex.join(words)})
    print(name)
(out / "compile_commands.json").write_text(json.dumps(entries, indent=1))
