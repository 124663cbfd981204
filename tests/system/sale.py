"""A sale under way: buyers who hold and buy, and a memory of everything they were promised."""

import asyncio
import random

import websockets

from buyer import Buyer, Problem

RETRY_LATER = {"store-unavailable", "overloaded", "rate-limited"}


class Sale:
    """Runs `size` buyers against an event until told to stop; `holds` and `orders` are what was acknowledged."""

    def __init__(self, node, event, seats, size, seed=1):
        self.node, self.event, self.seats, self.size, self.seed = node, event, seats, size, seed
        self.holds = {}   # hold → (token, seats)
        self.orders = {}  # order → (token, seats)
        self.ordering = set()  # holds that an order was sent for, answered or not
        self.refusals = {}
        self.stopping = False
        self.ordered = asyncio.Condition()

    async def has_orders(self, count, within_s=60):
        """Waits until that many orders were acknowledged."""
        async def reached():
            async with self.ordered:
                await self.ordered.wait_for(lambda: len(self.orders) >= count)
        await asyncio.wait_for(reached(), within_s)

    async def run(self):
        await asyncio.gather(*(self.buyer(number) for number in range(self.size)))

    async def buyer(self, number):
        choice, attempt = random.Random(self.seed * 1000 + number), 0
        token = None
        while not self.stopping:
            try:
                buyer = await Buyer(self.node).open(token)
                token = buyer.token
                while not self.stopping:
                    attempt += 1
                    await self.one_purchase(buyer, choice, f"{number}-{attempt}")
            except Problem as problem:
                self.refusals[problem.slug] = self.refusals.get(problem.slug, 0) + 1
                if problem.slug in RETRY_LATER:
                    await asyncio.sleep(0.05)  # the buyer's patience, not the test's: it stops by `stopping`
                elif problem.slug == "limit-exceeded":
                    token = None
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException):
                await asyncio.sleep(0.05)  # likewise: nobody tells a buyer when the node is back

    async def one_purchase(self, buyer, choice, key):
        wanted = choice.sample(self.seats, choice.randint(1, 3))
        try:
            held = await buyer.hold(self.event, seats=wanted, key=key)
        except Problem as problem:
            if problem.slug not in {"seat-taken", "would-orphan"}:
                raise
            self.refusals[problem.slug] = self.refusals.get(problem.slug, 0) + 1
            return
        assert sorted(seat["guid"] for seat in held["seats"]) == sorted(wanted), held
        self.holds[held["hold"]] = (buyer.token, wanted)
        if choice.random() < 0.5:
            return
        self.ordering.add(held["hold"])
        order = await buyer.ask("order", hold=held["hold"], key=f"order-{key}", payment={"method": "card"})
        async with self.ordered:
            self.orders[order["order"]] = (buyer.token, wanted)
            self.ordered.notify_all()


async def check_promises(test, node, sale):
    """Everything acknowledged is there: each order ends confirmed, each hold is held or sold to the same buyer."""
    def fetch(path, token):
        return node.get(path, headers={"Authorization": f"Bearer {token}"})

    for order, (token, seats) in sale.orders.items():
        answer = fetch(f"/v1/orders/{order}", token)
        if answer.status == 200 and answer.json["state"] == "charging":
            buyer = await Buyer(node).open(token)  # hears of its orders' ends from here on
            state = fetch(f"/v1/orders/{order}", token).json["state"]
            while state == "charging":
                state = (await buyer.hears("order", order=order))["state"]
            await buyer.close()
            answer = fetch(f"/v1/orders/{order}", token)
        test.assertEqual(answer.status, 200, answer.body)
        test.assertEqual(answer.json["state"], "confirmed", answer.body)
        test.assertEqual(sorted(seat["guid"] for seat in answer.json["seats"]), sorted(seats))
    def look(guids):
        looks = {}
        for section in node.get(f"/v1/events/{sale.event}").json["sections"]:
            seats = node.get(f"/v1/events/{sale.event}/sections/{section['id']}/seats").json
            looks.update(zip(seats["seats"], seats["status"]))
        return {looks[guid] for guid in guids}

    for hold, (token, seats) in sale.holds.items():
        answer = fetch(f"/v1/holds/{hold}", token)
        if answer.status == 200:
            test.assertEqual(sorted(seat["guid"] for seat in answer.json["seats"]), sorted(seats))
        else:
            # Its order may have been carried on: then the hold has become a sale.
            test.assertIn(hold, sale.ordering, f"{hold}: {answer.body}")
            test.assertEqual(look(seats), {"S"})
    charged = [line[1] for line in node.charges() if line[0] == "charge"]
    test.assertEqual(len(charged), len(set(charged)), "an order was charged twice")
