"""A node is killed in the middle of a sale, and PostgreSQL under its feet: nothing acknowledged is lost."""

import asyncio
import sys
import unittest

from buyer import Buyer, Problem
from node_process import plan_of
from sale import Sale, check_promises
from story import Story

PLAN = {"stalls": (20, 30), "circle": (20, 30)}
SEATS = [f"{name}-{row + 1}-{seat + 1}" for name, (rows, seats) in PLAN.items()
         for row in range(rows) for seat in range(seats)]


class Crash(Story):
    def begin(self, store):
        folder = self.folder()
        self.store = store or f"sqlite:{folder}/usher.db"
        self.node = self.node(self.store, folder)
        self.node.create_event("gala", plan_of(PLAN), "--no-waiting-room", "--max-per-buyer", "100",
                               "--hold-ttl", "600", "--open")
        return Sale(self.node, "gala", SEATS, 40)

    async def kill_in_mid_sale(self, store=None):
        sale = self.begin(store)
        running = asyncio.create_task(sale.run())
        await sale.has_orders(20)
        self.node.kill()
        sale.stopping = True
        await asyncio.wait_for(running, 90)
        self.assertGreaterEqual(len(sale.orders), 20)
        self.node.start()
        await check_promises(self, self.node, sale)
        self.assert_audit_ok("gala", self.store)

    async def test_nothing_acknowledged_is_lost_when_the_node_is_killed_on_sqlite(self):
        await self.kill_in_mid_sale()

    async def test_nothing_acknowledged_is_lost_when_the_node_is_killed_on_postgres(self):
        await self.kill_in_mid_sale(self.postgres().url)

    async def test_postgres_restarts_under_load_and_nothing_is_lost(self):
        postgres = self.postgres()
        sale = self.begin(postgres.url)
        running = asyncio.create_task(sale.run())
        await sale.has_orders(20)
        await asyncio.to_thread(postgres.stop, "immediate")
        await self.hears_store_unavailable()
        before = len(sale.orders)
        await asyncio.to_thread(postgres.start)
        await sale.has_orders(before + 20)
        sale.stopping = True
        await asyncio.wait_for(running, 90)
        await check_promises(self, self.node, sale)
        self.assert_audit_ok("gala", self.store)

    async def hears_store_unavailable(self):
        """With the store gone a wish for free seats is answered `store-unavailable`, one for taken seats as ever."""
        buyer = await Buyer(self.node).open()
        slugs = set()
        for seat in SEATS:
            with self.assertRaises(Problem) as refused:
                await buyer.hold("gala", seats=[seat])
            slugs.add(refused.exception.slug)
            if slugs >= {"store-unavailable", "seat-taken"}:
                break
        # A wish that was under way when the store went waits for it, until its time is over.
        self.assertIn("store-unavailable", slugs)
        self.assertIn("seat-taken", slugs)
        self.assertLessEqual(slugs, {"store-unavailable", "seat-taken", "overloaded"})
        await buyer.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
