"""Named nodes that share one PostgreSQL, and where their shards are."""

import asyncio
import functools
import pathlib
import subprocess
import time

from buyer import Buyer, Problem
from node_process import POSTGRES, Node, await_true, plan_of
from story import Story

EVENTS = [f"night-{number}" for number in range(20)]
SHARDS = 3 * len(EVENTS)  # the event, its room, its only section


class MemberNodes(Story):
    """What the stories of nodes that share a store have in common."""

    def begin(self):
        self.database = self.postgres()
        self.nodes = {name: self.member(name) for name in ("a", "b")}
        for event in EVENTS:
            self.nodes["a"].create_event(event, plan_of({"stalls": (4, 5)}), "--no-waiting-room", "--open")
        await_true(self.is_shared_out, 30, "the nodes share the shards out")

    def member(self, name):
        node = Node(self.database.url, self.folder(), config=self.config_of(name))
        node.ledger = self.ledger
        self.addCleanup(node.stop)
        return node.start()

    @functools.cached_property
    def ledger(self):
        """One account book: any node may go on with any order, and asks what was charged."""
        return pathlib.Path(self.folder()) / "ledger"

    def config_of(self, name):
        return f'cluster {{ name = "{name}" }}'

    # ---- what the store says ----

    def rows(self, query):
        done = subprocess.run([POSTGRES / "psql", self.database.url, "-XAtc", query], check=True, capture_output=True,
                              text=True)
        return [line.split("|") for line in done.stdout.splitlines()]

    def homes(self):
        """Which living node has each shard: a name by (event, kind)."""
        return {(event, kind): name for event, kind, name in self.rows(
            "SELECT e.id, s.kind, n.name FROM usher.shard s JOIN usher.event e ON e.number = s.event"
            " JOIN usher.node n ON n.owner = s.owner AND n.living")}

    def counts(self):
        owners = list(self.homes().values())
        return {name: owners.count(name) for name in self.nodes}

    def is_shared_out(self):
        """Nobody has more than a quarter above their share of an event, so of three shards nobody has all."""
        homes = self.homes()
        by_event = [{home for (event, _), home in homes.items() if event == wanted} for wanted in EVENTS]
        return len(homes) == SHARDS and all(len(names) == 2 for names in by_event) and self.is_served(homes)

    def is_served(self, homes):
        return all(self.reads(self.nodes[home], event) for (event, kind), home in homes.items() if kind == self.section)

    @property
    def section(self):
        return "1"

    # ---- what the nodes say ----

    def reads(self, node, event):
        return node.get(f"/v1/events/{event}/sections/stalls/seats").status == 200

    def sells(self, name):
        """Events that this node can sell: it has the event's own shard and the section's."""
        homes = self.homes()
        return [event for event in EVENTS if homes.get((event, "0")) == name and homes.get((event, self.section)) == name]

    async def hold(self, node, event, seat):
        """The hold; or the slug of its refusal; or None when the connection ended without an answer."""
        try:
            buyer = await Buyer(node).open()
            try:
                return await buyer.hold(event, seats=[seat])
            finally:
                await buyer.close()
        except Problem as refused:
            return refused.slug
        except (ConnectionError, OSError):
            return None

    async def hold_at_last(self, node, event, seat):
        deadline = time.monotonic() + 30
        while True:
            answer = await self.hold(node, event, seat)
            if isinstance(answer, dict) or time.monotonic() > deadline:
                return answer
            await asyncio.sleep(0.05)

    async def await_all_served_by(self, name, since):
        """Every shard is served by this node; how long after `since` that was so."""
        node = self.nodes[name]
        await asyncio.to_thread(await_true, lambda: self.counts()[name] == SHARDS, 30, f"{name} has all shards")
        await asyncio.to_thread(await_true, lambda: all(self.reads(node, event) for event in EVENTS), 30,
                                f"{name} serves all sections")
        for event in EVENTS:
            self.assertIsInstance(await self.hold_at_last(node, event, "stalls-4-5"), dict, event)
        return time.monotonic() - since
