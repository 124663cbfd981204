"""Who is in a run beside the customers: people in a line, and an organiser who changes settings."""

import asyncio
import random

import sale
from client import Refused, Session, Unknown

MEMBER = "/admin/v1/events/"


class Queuer:
    """Stands in line, keeps the place through every change of node, goes in, leaves, and stands in line anew."""

    def __init__(self, ways, number, seed, market):
        self.ways, self.market = ways, market
        self.choice = random.Random(seed * 1000 + 500 + number)
        self.via = self.choice.choice(list(ways.buyers))
        self.token = self.place = None

    async def run(self):
        while not self.market.closing:
            try:
                await self.visit()
            except Refused as refused:
                if refused.slug == "not-found":
                    self.place = None  # this turn is over
            except Unknown:
                pass
            self.via = self.choice.choice(list(self.ways.buyers))
            await asyncio.sleep(self.choice.uniform(0.1, 0.5))

    async def visit(self):
        session = await Session(self.ways, self.via).open(self.token)
        self.token = session.token
        try:
            state = await session.ask("queue.join", event=sale.LINE, **({"token": self.place} if self.place else {}))
            if state["state"] != "admitted":
                self.place = state["token"]
                if not await session.hears("queue.admitted", self.choice.uniform(1, 10), event=sale.LINE):
                    return
            self.place = None
            await session.ask("queue.leave", event=sale.LINE)
        finally:
            session.cut()


class Organiser:
    """Changes prices, how long holds last, and the rate, through any node."""

    def __init__(self, ways, seed, market):
        self.ways, self.market, self.choice = ways, market, random.Random(seed * 1000 + 999)

    async def run(self):
        while not self.market.closing:
            event, change = self.change()
            try:
                await self.ways.over_http(self.choice.choice(list(self.ways.operators)), "PATCH", MEMBER + event, "settings",
                                          change, operator=True, event=event)
            except (Refused, Unknown):
                pass  # tried again by the next change
            await asyncio.sleep(self.choice.uniform(1, 4))

    def change(self):
        if self.choice.random() < 0.3:
            return sale.LINE, {"admission_per_s": self.choice.randint(2, 5)}
        return sale.GALA, self.choice.choice([
            {"hold_ttl_s": self.choice.randint(*sale.HOLD_TTLS_S)},
            {"prices": {"Standard": 100 * self.choice.randint(20, 60)}}])
