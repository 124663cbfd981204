"""A node is killed in the middle of a sale, and PostgreSQL under its feet: nothing acknowledged is lost."""

import asyncio
import sys
import tempfile
import unittest

from buyer import Buyer, Problem
from node_process import Node, Postgres, audit, plan_of
from sale import Sale, check_promises

PLAN = {"stalls": (20, 30), "circle": (20, 30)}
SEATS = [f"{name}-{row + 1}-{seat + 1}" for name, (rows, seats) in PLAN.items()
         for row in range(rows) for seat in range(seats)]


class Crash(unittest.IsolatedAsyncioTestCase):
    def begin(self, store):
        self.folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(self.folder.cleanup)
        self.store = store or f"sqlite:{self.folder.name}/usher.db"
        self.node = Node(self.store, self.folder.name).start()
        self.addCleanup(self.node.stop)
        self.node.create_event("gala", plan_of(PLAN), "--no-waiting-room", "--max-per-buyer", "100",
                               "--hold-ttl", "600", "--open")
        return Sale(self.node, "gala", SEATS, 40)

    async def kill_in_mid_sale(self, store=None):
        sale = self.begin(store)
        running = asyncio.create_task(sale.run())
        await asyncio.wait_for(sale.acknowledged.wait(), 60)
        self.node.kill()
        sale.stopping = True
        await asyncio.wait_for(running, 90)
        self.assertGreaterEqual(len(sale.orders), 20)
        self.node.start()
        await check_promises(self, self.node, sale)
        self.assert_audit_ok()

    async def test_nothing_acknowledged_is_lost_when_the_node_is_killed_on_sqlite(self):
        await self.kill_in_mid_sale()

    async def test_nothing_acknowledged_is_lost_when_the_node_is_killed_on_postgres(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        await self.kill_in_mid_sale(postgres.url)

    async def test_postgres_restarts_under_load_and_nothing_is_lost(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        sale = self.begin(postgres.url)
        running = asyncio.create_task(sale.run())
        await asyncio.wait_for(sale.acknowledged.wait(), 60)
        await asyncio.to_thread(postgres.stop, "immediate")
        await self.hears_store_unavailable()
        before = len(sale.orders)
        await asyncio.to_thread(postgres.start)

        async def more_orders():
            while len(sale.orders) < before + 20:
                await asyncio.sleep(0.05)
        await asyncio.wait_for(more_orders(), 60)
        sale.stopping = True
        await asyncio.wait_for(running, 90)
        await check_promises(self, self.node, sale)
        self.assert_audit_ok()

    async def hears_store_unavailable(self):
        """With the store gone a wish for free seats is answered `store-unavailable`, one for taken seats as ever."""
        buyer = await Buyer(self.node).open()
        slugs = set()
        for seat in SEATS:
            with self.assertRaises(Problem) as refused:
                await buyer.hold("gala", seats=[seat])
            slugs.add(refused.exception.slug)
            if slugs == {"store-unavailable", "seat-taken"}:
                break
        self.assertEqual(slugs, {"store-unavailable", "seat-taken"})
        await buyer.close()

    def assert_audit_ok(self):
        code, report = audit("gala", self.store)
        self.assertEqual((code, report["audit"]), (0, "ok"), report)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
