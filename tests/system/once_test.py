"""One wish is one hold, one order and one charge, however often and from wherever it is sent."""

import asyncio
import sys
import unittest

from buyer import Buyer, Problem
from node_process import plan_of
from story import Story, postgres_store, sqlite_store


class Once:
    def setUp(self):
        folder = self.folder()
        self.store = self.store_in(folder, self.addCleanup)
        self.node = self.node(self.store, folder)
        self.node.create_event("duet", plan_of({"stalls": (5, 10)}), "--no-waiting-room", "--open")

    async def asyncTearDown(self):
        self.assert_audit_ok("duet", self.store)
        charged = [line[1] for line in self.node.charges() if line[0] == "charge"]
        self.assertEqual(len(charged), len(set(charged)))

    def post(self, path, token, body, key):
        return self.node.call("POST", path, body, {"Authorization": f"Bearer {token}", "Idempotency-Key": key})

    async def test_two_connections_of_one_buyer_with_one_key_get_one_hold_and_one_order(self):
        first = await Buyer(self.node).open()
        second = await Buyer(self.node).open(first.token)
        self.assertEqual(first.welcome["buyer"], second.welcome["buyer"])
        holds = await asyncio.gather(*(buyer.hold("duet", seats=["stalls-1-1", "stalls-1-2"], key="a")
                                       for buyer in (first, second)))
        self.assertEqual(holds[0]["hold"], holds[1]["hold"])
        orders = await asyncio.gather(*(buyer.buy(holds[0]["hold"], "pay") for buyer in (first, second)))
        self.assertEqual(orders[0]["order"], orders[1]["order"])
        self.assertEqual({order["state"] for order in orders}, {"confirmed"})
        self.assertEqual(len([line for line in self.node.charges() if line[0] == "charge"]), 1)
        await asyncio.gather(first.close(), second.close())

    async def test_a_repeated_idempotency_key_repeats_the_answer_over_http(self):
        token = self.node.call("POST", "/v1/sessions", {}).json["token"]
        body = {"seats": ["stalls-2-1"]}
        held = [self.post("/v1/events/duet/holds", token, body, "h1") for _ in range(3)]
        self.assertEqual([answer.status for answer in held], [201, 201, 201], held[-1].body)
        self.assertEqual(len({answer.json["hold"] for answer in held}), 1)
        other = self.post("/v1/events/duet/holds", token, {"seats": ["stalls-2-2"]}, "h1")
        self.assertEqual((other.status, other.slug), (422, "idempotency-mismatch"))
        order = {"hold": held[0].json["hold"], "payment": {"method": "card"}}
        orders = [self.post("/v1/orders", token, order, "o1") for _ in range(3)]
        self.assertEqual(len({answer.json["order"] for answer in orders}), 1)
        self.assertTrue(all(answer.status in (201, 202) for answer in orders))
        changed = self.post("/v1/orders", token, {**order, "payment": {"method": "other"}}, "o1")
        self.assertEqual((changed.status, changed.slug), (422, "idempotency-mismatch"))

    async def test_a_lost_reply_is_repeated_and_nothing_happens_twice(self):
        token = None
        for attempt in range(10):
            buyer = await Buyer(self.node).open(token)
            token = buyer.token
            asking = asyncio.create_task(buyer.hold("duet", seats=["stalls-3-1"], key="lost"))
            await asyncio.sleep(0)
            if attempt < 9:
                await asyncio.sleep(0.002 * attempt)  # cut at different moments on the way
                buyer.cut()
                await asyncio.gather(asking, return_exceptions=True)
        held = await asking
        buying = await buyer.ask("order", hold=held["hold"], key="lost-order", payment={"method": "card"})
        buyer.cut()
        again = await Buyer(self.node).open(token)
        order = await again.ask("order", hold=held["hold"], key="lost-order", payment={"method": "card"})
        self.assertEqual(order["order"], buying["order"])
        while order["state"] == "charging":
            order = await again.hears("order", order=order["order"])
        self.assertEqual(order["state"], "confirmed")
        with self.assertRaises(Problem) as taken:
            await again.hold("duet", seats=["stalls-3-1"])
        self.assertEqual(taken.exception.slug, "seat-taken")
        self.assertEqual(len([line for line in self.node.charges() if line[0] == "charge"]), 1)
        await again.close()


class OnceOnSqlite(Once, Story):
    store_in = staticmethod(sqlite_store)


class OnceOnPostgres(Once, Story):
    store_in = staticmethod(postgres_store)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
