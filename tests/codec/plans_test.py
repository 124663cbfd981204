#!/usr/bin/env python3
"""The shipped seating plans are what their generator writes, byte for byte."""

import pathlib
import subprocess
import sys
import tempfile

PLANS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "plans"

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.executable, PLANS / "generate.py", folder], check=True)
    for name in ("theatre.json", "arena.json"):
        if (pathlib.Path(folder) / name).read_bytes() != (PLANS / name).read_bytes():
            sys.exit(f"deploy/plans/{name} is not what deploy/plans/generate.py writes; run it and commit the result")
