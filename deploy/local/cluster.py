#!/usr/bin/env python3
"""A cluster on this machine, to look at: PostgreSQL, nodes with links, HAProxy in front, and an event on sale.

`./dev cluster` builds Usher and runs this. Everything is in a temporary folder, and ends with Ctrl-C.
"""

import argparse
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))

from front import Authority, Front  # noqa: E402
from node_process import ADMIN_KEY, PROGRAM, Node, Postgres, await_true, free_port  # noqa: E402

NODES_MAX = 5  # as many as deploy/haproxy/usher.cfg has lines for
EVENT = "gala"
# Besides what every `Node` is told. The whole crowd of a demo comes from one address, the balancer's.
SETTINGS = {
    "auth.anonymous": "true",
    "http.trusted-proxies": '["127.0.0.1"]',
    "http.unlimited-networks": '["127.0.0.0/8"]',
    "rate-limit.address-per-s": "100000",
    "rate-limit.address-burst": "100000",
    "payments.sandbox.decline-rate": "0.03",
}


def names(count):
    return [chr(ord("a") + number) for number in range(count)]


def say(text):
    print(f"» {text}", file=sys.stderr, flush=True)


class End:
    """Somebody wants an end. Nothing is left half started or half ended for it: whoever can end looks here."""

    def __init__(self):
        self.wanted = os.eventfd(0)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: os.eventfd_write(self.wanted, 1))

    def is_wanted(self):
        return bool(select.select([self.wanted], [], [], 0)[0])

    def wait(self):
        select.select([self.wanted], [], [])


class Cluster:
    """What runs, and how to end it: the last one first."""

    def __init__(self, stack, folder, end):
        self.stack, self.folder, self.end = stack, pathlib.Path(folder), end
        self.nodes = {}

    def start(self, count):
        steps = [("PostgreSQL", self.start_database)]
        steps += [(f"node {name}", lambda name=name: self.start_node(name)) for name in names(count)]
        steps += [("HAProxy", self.start_front), (f"the event {EVENT}", self.open_event)]
        for what, step in steps:
            if self.end.is_wanted():
                return
            say(what)
            step()
        self.print_addresses()

    def start_database(self):
        self.database = Postgres()
        self.stack.callback(self.database.close)

    def start_node(self, name):
        place = self.folder / name
        place.mkdir()
        settings = SETTINGS | {"cluster.name": name, "cluster.listen": f"127.0.0.1:{free_port()}"}
        node = Node(self.database.url, place, [part for each in settings.items() for part in ("--set", "=".join(each))])
        node.ledger = self.folder / "ledger"  # one account book: any node may go on with any order
        self.stack.callback(node.stop)
        self.nodes[name] = node.start()

    def start_front(self):
        self.authority = Authority(self.folder)
        certificate = self.authority.issue("DNS:localhost,IP:127.0.0.1")
        self.front = Front(certificate, [(node.http_port, node.admin_port) for node in self.nodes.values()]).start()
        self.stack.callback(self.front.stop)

    def open_event(self):
        first = next(iter(self.nodes.values()))
        plan = json.loads((ROOT / "deploy/plans/theatre.json").read_text())
        file = self.folder / "theatre.json"
        file.write_text(json.dumps(plan))
        prices = [argument for number, category in enumerate(plan["categories"])
                  for argument in ("--price", f"{category['name']}={9900 - 2000 * number}")]
        done = first.verb("event", "create", EVENT, "--plan", str(file), *prices, "--rate", "50", "--open")
        if done.returncode != 0:
            raise SystemExit(f"the event cannot be created: {done.stdout}{done.stderr}")
        await_true(lambda: all(node.get(f"/v1/events/{EVENT}").status == 200 for node in self.nodes.values()), 30,
                   "all nodes know the event")

    def print_addresses(self):
        shown = os.path.relpath(PROGRAM)
        print(f"\nstore      {self.database.url}")
        for name, node in self.nodes.items():
            print(f"node {name}     buyers http://127.0.0.1:{node.http_port}   operators http://127.0.0.1:{node.admin_port}"
                  f"   process {node.process.pid}")
        print(f"in front   buyers {self.front.url()}   operators {self.front.operators_url()}   (HAProxy)")
        print(f"authority  {self.authority.file}\nlogs       {self.folder}\n")
        print("A crowd through the balancer; end or stop a node meanwhile, by its process:\n"
              f"  USHER_ADMIN_KEY={ADMIN_KEY} {shown} demo --connect {self.front.url()} \\\n"
              f"    --admin {self.front.operators_url()} --ca {self.authority.file} --plan theatre --buyers 2000\n"
              "Ctrl-C ends everything.", flush=True)


def main():
    wishes = argparse.ArgumentParser(prog="./dev cluster", description=__doc__.split("\n")[0])
    wishes.add_argument("nodes", nargs="?", type=int, default=3, help=f"how many, 1 to {NODES_MAX} (default: 3)")
    wished = wishes.parse_args()
    if not 1 <= wished.nodes <= NODES_MAX:
        wishes.error(f"{wished.nodes} nodes: from 1 to {NODES_MAX}")
    if not shutil.which("haproxy"):
        wishes.error("haproxy is not installed: ./dev setup does it")
    end = End()
    with contextlib.ExitStack() as stack:
        cluster = Cluster(stack, stack.enter_context(tempfile.TemporaryDirectory(prefix="usher-cluster-")), end)
        try:
            cluster.start(wished.nodes)
        except (AssertionError, OSError, subprocess.SubprocessError):
            if not end.is_wanted():  # Ctrl-C reaches what is being started, too, which then does not start
                raise
        end.wait()
        say("ending")


if __name__ == "__main__":
    main()
