"""What a run is about: a database, nodes, and a crowd, and what can be asked and done to them."""

import json
import os
import pathlib
import subprocess
import sys
import time

import processes
import sale
from client import Ways
from database import Database
from node import ADMIN_KEY, Node
from probe import Probe
from record import Record

HERE = pathlib.Path(__file__).resolve().parent
NAMES = ["a", "b", "c", "d", "e"]
FIRST = NAMES[:3]
UP = "SELECT name FROM usher.node WHERE living AND status = 'up' ORDER BY incarnation"
CUSTOMERS = 36
SETTLED_WITHIN_S = 420


class World:
    def __init__(self, network, folder, programs, seed):
        self.network, self.folder, self.programs, self.seed = network, pathlib.Path(folder), programs, seed
        self.record = Record(folder, "chaos")
        self.database = Database(network, folder)
        self.nodes = {name: Node(network, self.database, folder, name, programs["usher"]) for name in NAMES}
        self.wanted = list(FIRST)  # the nodes that should run now
        ways = Ways(self.record, {name: node.buyers for name, node in self.nodes.items()},
                    {name: node.operators for name, node in self.nodes.items()}, ADMIN_KEY)
        self.probe = Probe(ways, lambda: self.running)
        self.crowd = None

    # ---- beginning and end ----

    def start(self):
        self.database.start()
        for name in self.wanted:
            self.nodes[name].start()
        first = self.nodes[self.wanted[0]]
        self.create(first, sale.GALA, plan=sale.plan(), waiting_room=False, max_seats_per_buyer=sale.LIMIT,
                    hold_ttl_s=sale.HOLD_TTLS_S[0], rehold_pause_s=0, refuse_orphans=False)
        self.create(first, sale.LINE, plan=sale.line_plan(), admission_per_s=3)
        self.await_everywhere()

    def create(self, node, event, **settings):
        status, answer = node.operate("PUT", f"/events/{event}", {
            "prices": {"Standard": 4500}, "state": "open", **settings})
        if status not in (200, 201):
            raise AssertionError(f"the event {event} cannot be created: {answer}")

    def await_everywhere(self, within_s=60):
        until = time.monotonic() + within_s
        while not all(self.nodes[name].get(f"/v1/events/{event}")[0] == 200 for name in self.wanted
                      for event in (sale.GALA, sale.LINE)):
            if time.monotonic() > until:
                raise AssertionError("not all nodes know the events")
            time.sleep(0.1)

    def gather_crowd(self):
        self.crowd = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, str(HERE / "crowd.py")], stdin=subprocess.PIPE,
            stdout=open(self.folder / "crowd.log", "wb"), stderr=subprocess.STDOUT, text=True)
        task = {"folder": str(self.folder), "seed": self.seed, "customers": CUSTOMERS, "admin_key": ADMIN_KEY,
                "buyers": {name: node.buyers for name, node in self.nodes.items()},
                "operators": {name: node.operators for name, node in self.nodes.items()}}
        self.tell(json.dumps(task))

    def tell(self, line):
        self.crowd.stdin.write(line + "\n")
        self.crowd.stdin.flush()

    def settle(self):
        """The crowd settles; why not, if it could not."""
        self.tell("settle")
        try:
            code = self.crowd.wait(SETTLED_WITHIN_S)
        except subprocess.TimeoutExpired:
            return f"the crowd did not settle within {SETTLED_WITHIN_S} s"
        return None if code == 0 else "the crowd broke down:\n" + (self.folder / "crowd.log").read_text()[-2000:]

    def check_crowd(self):
        if self.crowd.poll() is not None:
            raise AssertionError("the crowd broke down:\n" + (self.folder / "crowd.log").read_text()[-2000:])

    def end(self):
        if self.crowd and self.crowd.poll() is None:
            self.crowd.kill()
            self.crowd.wait()
        processes.end_all()
        self.record.close()

    # ---- what there is ----

    @property
    def running(self):
        return [name for name in NAMES if self.nodes[name].runs]

    def up(self):
        """The nodes that the store counts as members, the oldest first, and that should run."""
        try:
            return [name for name, in self.database.rows(UP, 3) if name in self.wanted]
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return []

    def home(self, kind, section=0):
        """Which node has the hot event's own shard (kind 0), or one of a section (kind 1)."""
        found = self.database.rows(
            "SELECT n.name FROM usher.shard s JOIN usher.event e ON e.number = s.event JOIN usher.node n ON n.owner = s.owner"
            f" AND n.living WHERE e.id = '{sale.GALA}' AND s.kind = {kind} AND s.section = {section}")
        return found[0][0] if found else self.wanted[0]

    def others(self, name):
        return [other for other in self.wanted if other != name]

    def deaths(self):
        """How many lives of nodes the others have ended, and why."""
        return self.database.rows("SELECT name, why FROM usher.node WHERE status = 'dead' ORDER BY incarnation")

    def note(self, text, **members):
        self.record.note("note", text=text, **members)
        print(f"  {text}", file=sys.stderr, flush=True)

    def verdict_of_audit(self, event):
        done = subprocess.run([self.programs["usher"], "audit", event, "--store", self.database.url, "--json"],
                              capture_output=True, text=True, timeout=300, env=os.environ)
        return done.returncode, json.loads(done.stdout or "{}")
