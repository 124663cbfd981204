"""A buyer who joins, holds, pays, changes their mind and comes back, and remembers every promise that was made."""

import asyncio
import json
import random
import time

import websockets

from buyer import Buyer, Problem

NOT_NOW = {"store-unavailable", "overloaded", "rate-limited", "sale-paused", "in-progress"}
SOMEBODY_WAS_FASTER = {"seat-taken", "sold-out", "would-orphan"}
LOST = (OSError, asyncio.TimeoutError, websockets.WebSocketException)
PATIENCE_S = 60   # for what must happen in the end
SECOND_S = 1      # two clocks and the way between them


class Shopper:
    def __init__(self, node, event, seats, floor, number):
        self.node, self.event, self.seats, self.floor = node, event, seats, floor
        self.choice, self.name, self.purchases = random.Random(number), number, 0
        self.token = self.place = self.number = None
        self.orders = {}    # order → (token, the state that was told last)
        self.unheard = {}   # key → (token, hold, method) of orders whose answer was lost
        self.broken = []    # promises, as sentences
        self.refusals = {}
        self.stopping = False

    async def run(self):
        while not self.stopping:
            try:
                await self.visit()
            except Problem as problem:
                self.refusals[problem.slug] = self.refusals.get(problem.slug, 0) + 1
                if problem.slug == "limit-exceeded":
                    self.token = self.place = self.number = None  # another person
                elif problem.slug not in NOT_NOW | {"not-admitted", "hold-expired", "sale-not-open"}:
                    self.broken.append(f"refused: {problem.problem}")
                await asyncio.sleep(0.05)  # the buyer's patience, not the test's
            except LOST:
                await asyncio.sleep(0.05)  # likewise: nobody tells a buyer when the node is back

    # ---- waiting ----

    async def visit(self):
        connection = await Buyer(self.node).open(self.token)
        self.token = connection.token
        try:
            entrance = await self.admission(connection)
            self.place = self.number = None  # whoever was inside starts at the end the next time
            while not self.stopping:
                await self.shop(connection, entrance["pass"])
        finally:
            connection.cut() if self.choice.random() < 0.5 else await connection.close()

    async def admission(self, connection):
        proof = {"token": self.place} if self.place else {}
        state = await connection.ask("queue.join", event=self.event, **proof)
        if state["state"] == "admitted":
            return state
        if self.place and self.number != state["number"]:
            self.broken.append(f"number {self.number} became {state['number']}")
        self.place, self.number = state["token"], state["number"]
        return await connection.hears("queue.admitted", PATIENCE_S, event=self.event)

    # ---- shopping ----

    def wish(self):
        if self.choice.random() < 0.2:
            return {"section": self.floor, "quantity": self.choice.randint(1, 2)}
        if self.choice.random() < 0.2:
            return {"best": {"quantity": 2}}
        wanted = {int(self.choice.random() ** 2 * len(self.seats)) for _ in range(self.choice.randint(1, 2))}
        return {"seats": [self.seats[index] for index in wanted]}

    async def shop(self, connection, entrance):
        self.purchases += 1
        key = f"{self.name}-{self.purchases}"
        asked = time.monotonic()
        try:
            held = await connection.hold(self.event, key=key, **{"pass": entrance}, **self.wish())
        except Problem as problem:
            if problem.slug not in SOMEBODY_WAS_FASTER:
                raise
            return
        deadline = asked + held["expires_in_s"]
        whim = self.choice.random()
        if whim < 0.1:
            return await connection.ask("release", hold=held["hold"])
        if whim < 0.2:
            return
        method = "sandbox-declined" if self.choice.random() < 0.2 else "card"
        state = await self.order(connection, key, held["hold"], method, deadline)
        if state == "failed":
            await self.expect_hold(held["hold"], deadline)
            state = await self.order(connection, f"{key}-again", held["hold"], "sandbox-succeeds", deadline)
        if state == "confirmed" and self.choice.random() < 0.25:
            self.call("POST", f"/v1/orders/{self.latest}/cancel", self.token, b"")

    async def order(self, connection, key, hold, method, deadline):
        """The state that the order comes to, or none if it was refused because its hold is over."""
        self.unheard[key] = (self.token, hold, method)
        asking = connection.ask("order", hold=hold, key=key, payment={"method": method})
        if self.choice.random() < 0.1:
            asking = asyncio.ensure_future(asking)
            await asyncio.sleep(0)
            connection.cut()
        try:
            order = await asking
        except Problem as problem:
            if problem.slug in NOT_NOW:
                raise  # asked again when all is over
            self.unheard.pop(key)
            if problem.slug == "hold-expired" and time.monotonic() > deadline - SECOND_S:
                return None
            self.broken.append(f"order of {hold}, {deadline - time.monotonic():.1f} s before its end: {problem.problem}")
            return None
        self.unheard.pop(key)
        self.latest = order["order"]
        self.orders[self.latest] = (self.token, order["state"])
        while order["state"] == "charging":
            order = await connection.hears("order", PATIENCE_S, order=self.latest)
        self.orders[self.latest] = (self.token, order["state"])
        return order["state"]

    async def expect_hold(self, hold, deadline):
        """After a declined payment the hold goes on."""
        answer = self.call("GET", f"/v1/holds/{hold}", self.token)
        if answer.status not in (200, 503) and time.monotonic() < deadline - SECOND_S:
            self.broken.append(f"{hold} is gone {deadline - time.monotonic():.1f} s before its end: {answer.body}")

    def call(self, method, path, token, body=None, **headers):
        return self.node.call(method, path, body, {"Authorization": f"Bearer {token}", **headers})

    # ---- when all is over ----

    async def settle(self):
        """Asks once more for everything that was not heard, and waits until no order is under way."""
        for key, (token, hold, method) in self.unheard.items():
            answer = await self.answered("POST", "/v1/orders", token,
                                         json.dumps({"hold": hold, "payment": {"method": method}}),
                                         **{"Idempotency-Key": key, "Content-Type": "application/json"})
            if answer.status in (201, 202):
                self.orders[answer.json["order"]] = (token, answer.json["state"])
            elif answer.slug not in {"hold-expired", "in-progress"}:
                self.broken.append(f"the order of {hold} under its key again: {answer.body}")
        return [await self.ended(order, token, told) for order, (token, told) in self.orders.items()]

    async def answered(self, *request, **headers):
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = self.call(*request, **headers)
            if answer.status != 503 or time.monotonic() > until:
                return answer
            await asyncio.sleep(0.1)  # Retry-After, in short

    async def ended(self, order, token, told):
        """The order at its end."""
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = await self.answered("GET", f"/v1/orders/{order}", token)
            if answer.status != 200:
                self.broken.append(f"{order}, told to be {told}: {answer.body}")
                return {"order": order, "state": "lost"}
            now = answer.json
            if now["state"] != "charging" and now.get("refund") != "pending":
                break
            if time.monotonic() > until:
                self.broken.append(f"{order} does not end: {answer.body}")
                break
            await asyncio.sleep(0.1)  # a poll over HTTP, as buyers do
        if told not in ("charging", now["state"]) and (told, now["state"]) != ("confirmed", "cancelled"):
            self.broken.append(f"{order} was told to be {told} and is {now['state']}")
        return now
