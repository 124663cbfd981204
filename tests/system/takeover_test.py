"""A second process on the same store takes over; the first acknowledges nothing more, says why, and stops."""

import sys
import unittest

from buyer import Buyer, Problem
from node_process import plan_of
from story import Story


class Takeover(Story):
    async def take_over(self, store=None):
        folder = self.folder()
        store = store or f"sqlite:{folder}/usher.db"
        first = self.node(store, folder)
        first.create_event("opera", plan_of({"stalls": (5, 10)}), "--no-waiting-room", "--open")
        buyer = await Buyer(first).open()
        held = await buyer.hold("opera", seats=["stalls-1-1"])

        second = self.node(store, folder)
        with self.assertRaises((Problem, ConnectionError)):
            await buyer.hold("opera", seats=["stalls-1-2"])
        self.assertEqual(first.process.wait(30), 1)
        self.assertRegex(first.output(), "taken over by another process")

        again = await Buyer(second).open(buyer.token)
        answer = second.get(f"/v1/holds/{held['hold']}", headers={"Authorization": f"Bearer {buyer.token}"})
        self.assertEqual(answer.status, 200, answer.body)
        with self.assertRaises(Problem) as taken:
            await again.hold("opera", seats=["stalls-1-1"], key="another")
        self.assertEqual(taken.exception.slug, "seat-taken")
        await again.hold("opera", seats=["stalls-1-2"])
        await again.close()
        self.assert_audit_ok("opera", store, held=2)

    async def take_over_in_silence(self, store=None):
        """Nobody asks the first one anything once the second one has started."""
        folder = self.folder()
        store = store or f"sqlite:{folder}/usher.db"
        first = self.node(store, folder)
        first.create_event("opera", plan_of({"stalls": (5, 10)}), "--no-waiting-room", "--open")
        second = self.node(store, folder)
        self.assertEqual(first.process.wait(10), 1)
        self.assertRegex(first.output(), "taken over by another process")
        self.assertEqual(second.get("/v1/events/opera").status, 200)
        self.assert_audit_ok("opera", store)

    async def test_on_sqlite(self):
        await self.take_over()

    async def test_on_postgres(self):
        await self.take_over(self.postgres().url)

    async def test_in_silence_on_sqlite(self):
        await self.take_over_in_silence()

    async def test_in_silence_on_postgres(self):
        await self.take_over_in_silence(self.postgres().url)

    async def test_a_node_without_events_has_nothing_to_lose(self):
        folder = self.folder()
        first, second = (self.node(f"sqlite:{folder}/usher.db", folder) for _ in range(2))
        for node, event in ((first, "opera"), (second, "circus")):
            node.create_event(event, plan_of({"stalls": (5, 10)}), "--no-waiting-room", "--open")
        self.assertEqual(first.get("/v1/events/opera").status, 200)
        self.assertEqual(second.get("/v1/events/circus").status, 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
