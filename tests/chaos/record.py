"""The record of a run: one JSON object a line, of what was asked, what was answered, and what was done to the cluster.

An `ask` has a number that its `answer` repeats. Times are seconds of this machine's monotonic clock, which all processes of
a run share. An ask without an answer, as after the end of its process, is one whose outcome is unknown.
"""

import itertools
import json
import pathlib
import time

# The outcomes of a request. One that never reached a node is certainly not done, as is a refused one.
GRANTED, REFUSED, UNKNOWN, UNREACHED = "granted", "refused", "unknown", "unreached"


class Record:
    """One process's part of the record. Each line is in the file when the call returns."""

    def __init__(self, folder, writer):
        self.writer = writer
        self.numbers = itertools.count(1)
        self.file = open(pathlib.Path(folder) / f"{writer}.jsonl", "a", buffering=1)

    def note(self, kind, **members):
        self.file.write(json.dumps({"is": kind, "at": round(time.monotonic(), 6), **members}, separators=(",", ":")) + "\n")

    def ask(self, **members):
        """Notes a request; returns its number."""
        number = f"{self.writer}-{next(self.numbers)}"
        self.note("ask", n=number, **members)
        return number

    def answer(self, number, outcome, **members):
        self.note("answer", n=number, outcome=outcome, **members)

    def close(self):
        self.file.close()


def read(folder):
    """All lines of all parts, by time. A last line that was cut off in the middle is left out."""
    lines = []
    for file in sorted(pathlib.Path(folder).glob("*.jsonl")):
        texts = file.read_text().splitlines()
        for place, text in enumerate(texts):
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError:
                if place + 1 < len(texts):
                    raise
    return sorted(lines, key=lambda line: line["at"])
