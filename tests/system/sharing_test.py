"""Two named nodes share one PostgreSQL: each serves its part, and what one of them had is the other's soon after."""

import asyncio
import signal
import sys
import time
import unittest

from buyer import Buyer, Problem
from member_nodes import EVENTS, SHARDS, MemberNodes
from node_process import Node, await_true

MOVED_WITHIN_S = 7


class Sharing(MemberNodes):
    # ---- stories ----

    async def test_each_serves_its_own_and_refuses_the_rest(self):
        self.begin()
        homes = self.homes()
        for (event, kind), home in homes.items():
            if kind != self.section:
                continue
            for name, node in self.nodes.items():
                answer = node.get(f"/v1/events/{event}/sections/stalls/seats")
                self.assertEqual(answer.status, 200 if name == home else 503, (event, name, home, answer.body))
        for name, node in self.nodes.items():
            own = self.sells(name)
            self.assertTrue(own, f"{name} can sell something")
            self.assertIsInstance(await self.hold_at_last(node, own[0], "stalls-1-1"), dict)
            other = next(other for other in self.nodes if other != name)
            self.assertEqual(await self.hold(self.nodes[other], own[0], "stalls-1-2"), "overloaded")
        for event in EVENTS:
            self.assert_audit_ok(event, self.database.url)

    async def test_the_shards_of_a_killed_node_are_the_others_soon(self):
        self.begin()
        sold = self.sells("b")[0]
        held = await self.hold_at_last(self.nodes["b"], sold, "stalls-1-1")
        self.assertIsInstance(held, dict)
        self.nodes["b"].kill()
        took = await self.await_all_served_by("a", time.monotonic())
        print(f"killed: all {SHARDS} shards served by the other node after {took:.1f} s")
        self.assertLess(took, MOVED_WITHIN_S)
        self.assertEqual(await self.hold(self.nodes["a"], sold, "stalls-1-1"), "seat-taken")
        self.nodes["b"] = self.member("b")  # under its name, as another life
        await asyncio.to_thread(await_true, self.is_shared_out, 30, "the nodes share the shards out again")
        for event in EVENTS:
            self.assert_audit_ok(event, self.database.url)

    async def test_a_stopped_node_wakes_up_and_acknowledges_nothing(self):
        self.begin()
        stopped = self.nodes["b"]
        wanted = self.sells("b")[0]
        buyer = await Buyer(stopped).open()
        self.assertIsInstance(await buyer.hold(wanted, seats=["stalls-1-1"]), dict)
        stopped.process.send_signal(signal.SIGSTOP)
        self.addCleanup(stopped.process.send_signal, signal.SIGCONT)
        # What it is asked while it stands still lies in front of it when it wakes.
        late = [asyncio.create_task(buyer.hold(wanted, seats=[f"stalls-2-{seat}"])) for seat in range(1, 6)]
        taken = asyncio.create_task(buyer.hold(wanted, seats=["stalls-1-1"], key="again"))
        took = await self.await_all_served_by("a", time.monotonic())
        print(f"stopped: all {SHARDS} shards served by the other node after {took:.1f} s")
        self.assertLess(took, MOVED_WITHIN_S)
        for seat in range(1, 6):
            self.assertIsInstance(await self.hold(self.nodes["a"], wanted, f"stalls-2-{seat}"), dict)
        stopped.process.send_signal(signal.SIGCONT)
        answers = await asyncio.wait_for(asyncio.gather(*late, taken, return_exceptions=True), 60)
        for answer in answers:
            self.assertIsInstance(answer, (Problem, ConnectionError), answer)
            if isinstance(answer, Problem):
                self.assertIn(answer.slug, ("store-unavailable", "overloaded"), answer.problem)
        await buyer.close()
        await asyncio.to_thread(await_true, self.is_shared_out, 30, "the nodes share the shards out again")
        self.assertIsNone(stopped.process.poll(), "its process goes on")
        lives = self.rows("SELECT incarnation, status FROM usher.node WHERE name = 'b' ORDER BY incarnation")
        self.assertEqual([status for _, status in lives], ["dead", "up"])
        for event in EVENTS:
            self.assert_audit_ok(event, self.database.url)

    async def test_a_node_that_ends_leaves_its_shards_at_once(self):
        self.begin()
        self.nodes["b"].stop()
        took = await self.await_all_served_by("a", time.monotonic())
        print(f"ended: all {SHARDS} shards served by the other node after {took:.1f} s")
        self.assertLess(took, 3)

    async def test_two_nodes_with_one_name_and_a_node_without_one_are_refused(self):
        self.begin()
        for config, sentence in (('cluster { name = "a" }', 'the name "a" is taken'),
                                 ("", "served by nodes with names")):
            refused = Node(self.database.url, self.folder(), config=config)
            with self.assertRaises(AssertionError):
                refused.start()
            self.assertEqual(refused.process.wait(30), 1)
            self.assertIn(sentence, refused.output())


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
