"""Everything at once: people come and go, pay and are declined, while nodes and stores die and operators change things."""

import asyncio
import os
import sys
import unittest

from node_process import Node, plan_of
from shopper import Shopper
from story import Story

SECTIONS = {"stalls": (12, 20), "circle": (12, 20), "balcony": (2, 10), "floor": 150}
SEATS = [f"{name}-{row + 1}-{seat + 1}" for name in ("stalls", "circle") for row in range(12) for seat in range(20)]
SETTINGS = ("--rate", "50", "--hold-ttl", "10", "--max-per-buyer", "6", "--open")
PAYMENTS = "payments { sandbox { decline-rate = 0.1, failure-rate = 0.2 } }"
SHOPPERS = 30
ORDERS_BETWEEN = 15
SEED = int(os.environ.get("USHER_SEED", "1"))  # of what people want and do; the timing is never the same


class Turmoil(Story):
    async def turmoil(self, store, disasters):
        folder = self.folder()
        self.store = store or f"sqlite:{folder}/usher.db"
        self.node = Node(self.store, folder, config=PAYMENTS).start()
        self.addCleanup(self.node.stop)
        self.node.create_event("gala", plan_of(SECTIONS), *SETTINGS)
        self.shoppers = [Shopper(self.node, "gala", SEATS, "floor", SEED * 1000 + number) for number in range(SHOPPERS)]
        shopping = [asyncio.create_task(shopper.run()) for shopper in self.shoppers]
        for what in (self.pause, *disasters, self.change_settings, *disasters, self.change_plan, self.block, *disasters):
            await self.orders_go_on(shopping)
            await asyncio.to_thread(what)
        await self.orders_go_on(shopping)
        await self.stop(shopping)
        await self.check_promises()

    async def stop(self, shopping):
        for shopper in self.shoppers:
            shopper.stopping = True
        while shopping:
            for one in shopping:
                one.cancel()  # of what they wait for, which may swallow it when it has just come
            _, shopping = await asyncio.wait(shopping, timeout=5)

    async def orders_go_on(self, shopping, within_s=60):
        """Waits until some more orders were confirmed."""
        def confirmed():
            return sum(state == "confirmed" for shopper in self.shoppers for _, state in shopper.orders.values())

        async def reached(count):
            while confirmed() < count:
                for one in shopping:
                    if one.done():
                        one.result()  # it does not end by itself, so this raises what went wrong
                await asyncio.sleep(0.05)
        await asyncio.wait_for(reached(confirmed() + ORDERS_BETWEEN), within_s)

    # ---- what happens to them ----

    def verb(self, *arguments):
        done = self.node.verb("event", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def kill_node(self):
        self.node.kill()
        self.node.start()

    def pause(self):
        self.verb("pause", "gala")
        self.verb("resume", "gala")

    def change_settings(self):
        self.verb("set", "gala", "--rate", "80", "--hold-ttl", "12", "--price", "Standard=5000")

    def change_plan(self):
        """The circle is turned round, and a row of the balcony, where nobody sits, is gone."""
        plan = plan_of({**SECTIONS, "balcony": (1, 10)})
        plan["zones"][1]["rows"].reverse()
        self.node.create_event("gala", plan, *SETTINGS)

    def block(self):
        self.verb("block", "gala", "--seat", "balcony-1-1", "--seat", "balcony-1-2")
        self.verb("unblock", "gala", "--seat", "balcony-1-1")

    # ---- what must be true then ----

    async def check_promises(self):
        orders = [order for each in await asyncio.gather(*(s.settle() for s in self.shoppers)) for order in each]
        self.assertEqual([sentence for shopper in self.shoppers for sentence in shopper.broken], [])
        confirmed = [order for order in orders if order["state"] == "confirmed"]
        seats = [seat["guid"] for order in confirmed for seat in order["seats"]]
        self.assertEqual(len(seats), len(set(seats)), "a seat was sold twice")
        report = self.node.admin("GET", "/events/gala/report").json
        self.assertEqual(sum(section["revenue"]["amount"] for section in report["sections"]),
                         sum(order["total"]["amount"] for order in confirmed))
        charged, refunded = ([line[1] for line in self.node.charges() if line[0] == what] for what in ("charge", "refund"))
        self.assertEqual(len(charged), len(set(charged)), "an order was charged twice")
        self.assertEqual(len(refunded), len(set(refunded)), "an order was refunded twice")
        self.assertEqual(sorted(set(charged) - set(refunded)),
                         sorted(order["order"].partition("~")[2] for order in confirmed))
        self.assert_audit_ok("gala", self.store, sold=len(seats))
        ends = {state: sum(order["state"] == state for order in orders) for state in ("confirmed", "failed", "cancelled")}
        self.assertTrue(all(ends.values()), f"not everything has happened: {ends}")

    async def test_promises_are_kept_on_sqlite(self):
        await self.turmoil(None, [self.kill_node])

    async def test_promises_are_kept_on_postgres(self):
        postgres = self.postgres()

        def restart_postgres():
            postgres.stop("immediate")
            postgres.start()

        await self.turmoil(postgres.url, [restart_postgres, self.kill_node])


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
