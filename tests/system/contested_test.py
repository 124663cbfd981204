"""Many want what there is not enough of."""

import asyncio
import sys
import unittest
from collections import Counter

from buyer import Buyer, Problem, gather
from node_process import plan_of
from story import Story, postgres_store, sqlite_store


class Contested:
    def setUp(self):
        folder = self.folder()
        self.store = self.store_in(folder, self.addCleanup)
        self.node = self.node(self.store, folder)
        self.node.create_event("fight", plan_of({"floor": 100, "stalls": (10, 20)}), "--no-waiting-room",
                               "--max-per-buyer", "4", "--open")

    async def crowd(self, size):
        """`size` connected buyers, connected a few at a time."""
        few = asyncio.Semaphore(100)

        async def one():
            async with few:
                return await Buyer(self.node).open()
        return await asyncio.gather(*(one() for _ in range(size)))

    def outcome(self, results):
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, Problem):
                raise result
        return Counter(result.slug if isinstance(result, Problem) else "held" for result in results)

    async def test_2000_buyers_who_want_100_places_at_once_get_exactly_100(self):
        buyers = await self.crowd(2000)
        results = await gather(*(buyer.hold("fight", section="floor", quantity=1) for buyer in buyers))
        self.assertEqual(self.outcome(results), {"held": 100, "sold-out": 1900})
        self.assertEqual(len({result["hold"] for result in results if not isinstance(result, Problem)}), 100)
        await gather(*(buyer.close() for buyer in buyers))
        self.assert_audit_ok("fight", self.store, held=100)

    async def test_500_buyers_who_want_one_seat_get_it_once(self):
        buyers = await self.crowd(500)
        results = await gather(*(buyer.hold("fight", seats=["stalls-1-1"]) for buyer in buyers))
        self.assertEqual(self.outcome(results), {"held": 1, "seat-taken": 499})
        for result in results:
            if isinstance(result, Problem):
                self.assertEqual(result.problem["seats"], ["stalls-1-1"])
        await gather(*(buyer.close() for buyer in buyers))
        self.assert_audit_ok("fight", self.store, held=1)


class ContestedOnSqlite(Contested, Story):
    store_in = staticmethod(sqlite_store)


class ContestedOnPostgres(Contested, Story):
    store_in = staticmethod(postgres_store)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
