"""Three nodes with links: each serves any buyer of any event, and goes on when another one is killed, stopped or ended."""

import asyncio
import signal
import sys
import time
import unittest

from buyer import Buyer, Problem
from member_nodes import MemberNodes
from node_process import await_true, free_port, plan_of

HOT = "gala"
ROWS = 24


class Cluster(MemberNodes):
    def begin(self, names=("a", "b", "c")):
        self.database = self.postgres()
        self.nodes = {}
        for name in names:
            self.nodes[name] = self.member(name)
        self.nodes["a"].create_event(HOT, plan_of({f"row{row}": (1, 40) for row in range(ROWS)}), "--no-waiting-room",
                                     "--open", "--max-per-buyer", "100", "--rehold-pause", "0", "--allow-orphans")
        await_true(self.is_spread, 30, "the nodes share the shards out")

    def config_of(self, name):
        return f'cluster {{ name = "{name}", listen = "127.0.0.1:{free_port()}" }}'

    # ---- what there is ----

    def spread(self):
        """How many shards of the hot event each living node has."""
        return {name: int(count) for name, count in self.rows(
            "SELECT n.name, count(*) FROM usher.shard s JOIN usher.node n ON n.owner = s.owner AND n.living"
            " GROUP BY n.name")}

    def is_spread(self):
        """Nobody has more than a quarter above the mean, so whoever has least has four."""
        counts = self.spread()
        return sum(counts.values()) == ROWS + 2 and len(counts) == len(self.nodes) and min(counts.values()) >= 4 and all(
            self.reads_all(node) for node in self.nodes.values())

    def reads_all(self, node):
        return all(node.get(f"/v1/events/{HOT}/sections/row{row}/seats").status == 200 for row in range(ROWS))

    def home(self, kind, section=0):
        [[name]] = self.rows(
            "SELECT n.name FROM usher.shard s JOIN usher.node n ON n.owner = s.owner AND n.living"
            f" WHERE s.kind = {kind}" + (f" AND s.section = {section}" if kind == 1 else ""))
        return name

    def others(self, name):
        return [node for other, node in self.nodes.items() if other != name]

    def charges(self):
        """By any of the nodes."""
        books = {node.ledger: node.charges() for node in self.nodes.values()}
        return [line for book in books.values() for line in book]

    # ---- what buyers do ----

    async def hold_everywhere(self, node, seat, since):
        """One hold in each row, through this node, by buyers who try until they get it: how long after `since` the last
        one had it."""
        async def one(row):
            held = await self.hold_at_last(node, HOT, f"row{row}-1-{seat}")
            self.assertIsInstance(held, dict, (row, held))
            return time.monotonic() - since
        return max(await asyncio.gather(*[one(row) for row in range(ROWS)]))

    async def buy(self, node, seat):
        buyer = await Buyer(node).open()
        try:
            held = await buyer.hold(HOT, seats=[seat])
            return await buyer.buy(held["hold"], key="once")
        finally:
            await buyer.close()

    # ---- stories ----

    async def test_any_node_serves_any_buyer(self):
        self.begin()
        watchers = {}
        for name, node in self.nodes.items():
            watchers[name] = await Buyer(node).open()
            for row in range(ROWS):
                await watchers[name].ask("seats.watch", event=HOT, section=f"row{row}")
        for number, (name, node) in enumerate(self.nodes.items()):
            for row in range(ROWS):
                held = await self.hold(node, HOT, f"row{row}-1-{2 * number + 1}")
                self.assertIsInstance(held, dict, (name, row, held))
            order = await self.buy(node, f"row{number}-1-20")
            self.assertEqual(order["state"], "confirmed", order)
        for row in range(ROWS):
            for node in self.nodes.values():
                self.assertEqual(await self.hold(node, HOT, f"row{row}-1-1"), "seat-taken")
        for name, watcher in watchers.items():
            seen = set()
            while len(seen) < ROWS:
                frame = await watcher.hears("seats.delta")
                seen.add(frame["section"])
            await watcher.close()
        wide = await self.hold_wide(self.nodes["b"], [f"row{row}-1-30" for row in range(ROWS)])
        self.assertEqual(len(wide["seats"]), ROWS, wide)
        self.assert_audit_ok(HOT, self.database.url)

    async def hold_wide(self, node, seats):
        buyer = await Buyer(node).open()
        try:
            return await buyer.hold(HOT, seats=seats)
        finally:
            await buyer.close()

    async def test_a_killed_node_is_replaced_within_three_seconds(self):
        self.begin()
        for victim in (self.home(0), self.home(1, 7)):
            witness = self.others(victim)[0]
            order = await self.buy(witness, f"row3-1-{11 if victim == 'a' else 13 if victim == 'b' else 15}")
            self.assertEqual(order["state"], "confirmed")
            held = await self.hold_at_last(witness, HOT, f"row7-1-{21 if victim == 'a' else 23}")
            self.assertIsInstance(held, dict)
            seat = {"a": 25, "b": 27, "c": 29}[victim]
            self.nodes[victim].kill()
            took = await self.hold_everywhere(witness, seat, time.monotonic())
            print(f"killed: the last row held again after {took:.2f} s")
            self.assertLess(took, 3)
            del self.nodes[victim]
            self.nodes[victim] = self.member(victim)
            await asyncio.to_thread(await_true, self.is_spread, 30, "the nodes share the shards out again")
            self.assert_audit_ok(HOT, self.database.url)
            if self.home(0) == victim:
                break

    async def test_an_order_is_charged_once_by_whoever_goes_on_with_it(self):
        self.begin()
        victim = self.home(0)
        witness = self.others(victim)[0]
        buyer = await Buyer(witness).open()
        held = await buyer.hold(HOT, seats=["row0-1-1"])
        # The money moves, the first answer is lost, and the node ends before it asks what became of it.
        order = await buyer.ask("order", hold=held["hold"], key="once", payment={"method": "sandbox-lost-after"})
        await asyncio.to_thread(await_true, self.charges, 10, "the order is charged")
        self.nodes[victim].kill()
        mine = {"Authorization": f"Bearer {buyer.token}"}
        await asyncio.to_thread(
            await_true, lambda: witness.get(f"/v1/orders/{order['order']}", headers=mine).json.get("state") == "confirmed", 20,
            "the order is confirmed")
        await buyer.close()
        self.assertEqual([what for what, *_ in self.charges()], ["charge"])
        self.assert_audit_ok(HOT, self.database.url)

    async def test_a_stopped_node_is_replaced_within_five_seconds_and_comes_back(self):
        self.begin()
        victim = self.home(0)
        witness = self.others(victim)[0]
        stopped = self.nodes[victim]
        stopped.process.send_signal(signal.SIGSTOP)
        self.addCleanup(stopped.process.send_signal, signal.SIGCONT)
        took = await self.hold_everywhere(witness, 5, time.monotonic())
        print(f"stopped: the last row held again after {took:.2f} s")
        self.assertLess(took, 5)
        stopped.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(await_true, self.is_spread, 30, "the nodes share the shards out again")
        self.assertIsNone(stopped.process.poll(), "its process goes on")
        self.assertEqual(await self.hold_at_last(stopped, HOT, "row0-1-5"), "seat-taken")
        self.assert_audit_ok(HOT, self.database.url)

    async def test_a_node_that_ends_and_one_that_comes_cost_no_request(self):
        self.begin()
        answers, stop = [], asyncio.Event()

        async def busy(node, first):
            buyer = await Buyer(node).open()
            seat = first
            while not stop.is_set():
                row, place = seat % ROWS, 1 + seat // ROWS % 40
                started = time.monotonic()
                try:
                    held = await buyer.hold(HOT, seats=[f"row{row}-1-{place}"])
                    await buyer.ask("release", hold=held["hold"])
                    answers.append(("held", time.monotonic() - started))
                except Problem as refused:
                    answers.append((refused.slug, time.monotonic() - started))
                seat += 1
            await buyer.close()

        staying = [busy(node, 100 * number) for number, node in enumerate(self.others("c"))]
        work = [asyncio.create_task(one) for one in staying for _ in range(1)]
        leaving = self.nodes.pop("c")
        await asyncio.to_thread(leaving.stop)
        await asyncio.to_thread(await_true, self.is_spread, 30, "the two others have all shards")
        self.nodes["d"] = await asyncio.to_thread(self.member, "d")
        await asyncio.to_thread(await_true, self.is_spread, 30, "the new node has its part")
        stop.set()
        await asyncio.gather(*work)
        failed = [slug for slug, _ in answers if slug not in ("held", "seat-taken", "rehold-pause")]
        slow = max(took for _, took in answers)
        print(f"one ended and one came: {len(answers)} requests, {len(failed)} failed, the slowest took {slow * 1000:.0f} ms")
        self.assertEqual(failed, [])
        self.assert_audit_ok(HOT, self.database.url)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
