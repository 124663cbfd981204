"""A second process on the same store takes over; the first acknowledges nothing more, says why, and stops."""

import sys
import tempfile
import unittest

from buyer import Buyer, Problem
from node_process import Node, Postgres, audit, plan_of


class Takeover(unittest.IsolatedAsyncioTestCase):
    async def take_over(self, store=None):
        folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(folder.cleanup)
        store = store or f"sqlite:{folder.name}/usher.db"
        first = Node(store, folder.name).start()
        self.addCleanup(first.stop)
        first.create_event("opera", plan_of({"stalls": (5, 10)}), "--no-waiting-room", "--open")
        buyer = await Buyer(first).open()
        held = await buyer.hold("opera", seats=["stalls-1-1"])

        second = Node(store, folder.name).start()
        self.addCleanup(second.stop)
        with self.assertRaises((Problem, ConnectionError)):
            await buyer.hold("opera", seats=["stalls-1-2"])
        self.assertEqual(first.process.wait(30), 1)
        self.assertRegex(first.output(), "took over")

        again = await Buyer(second).open(buyer.token)
        answer = second.get(f"/v1/holds/{held['hold']}", headers={"Authorization": f"Bearer {buyer.token}"})
        self.assertEqual(answer.status, 200, answer.body)
        with self.assertRaises(Problem) as taken:
            await again.hold("opera", seats=["stalls-1-1"], key="another")
        self.assertEqual(taken.exception.slug, "seat-taken")
        await again.hold("opera", seats=["stalls-1-2"])
        await again.close()
        code, report = audit("opera", store)
        self.assertEqual((code, report["audit"], report["totals"]["held"]), (0, "ok", 2), report)

    async def test_on_sqlite(self):
        await self.take_over()

    async def test_on_postgres(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        await self.take_over(postgres.url)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
