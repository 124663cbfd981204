"""A buyer who holds, looks, repeats, pays, cancels and lets go, through whichever node answers, as a good client does."""

import asyncio
import random
import time

import sale
from client import Refused, Session, Unknown

NOT_NOW = {"store-unavailable", "overloaded", "rate-limited", "in-progress", "draining", ""}
INSIST_S = 20
FINALLY_S = 60
CHARGED_WITHIN_S = 15


class Market:
    """Which seats may still be had, as far as the crowd has heard, and whether it is over."""

    def __init__(self):
        self.seats = sale.seats()
        self.closing = False

    def wanted(self, choice, count):
        """Seats near the front, so that many want the same."""
        reach = min(len(self.seats), 240)
        return [self.seats[int(choice.random() ** 2 * reach)] for _ in range(count)]

    def sold(self, seats):
        gone = set(seats)
        self.seats = [seat for seat in self.seats if seat not in gone]

    def back(self, seats):
        self.seats = [seat for seat in seats if not seat.startswith(sale.FLOOR)] + self.seats


class Person:
    """One token, and what was taken with it."""

    def __init__(self, buyer, token):
        self.buyer, self.token = buyer, token
        self.holds = set()
        self.orders = {}
        self.unheard = []  # (kind, key, wish) of what was never answered


class Customer:
    def __init__(self, ways, number, seed, market):
        self.ways, self.number, self.market = ways, number, market
        self.choice = random.Random(seed * 1000 + number)
        self.over = "ws" if self.choice.random() < 0.7 else "http"
        self.people, self.person, self.session = [], None, None
        self.via = self.choice.choice(list(ways.buyers))
        self.purchases = 0

    # ---- one request, and its repeats ----

    def go_elsewhere(self):
        if self.session:
            self.session.cut()
            self.session = None
        self.via = self.choice.choice([name for name in self.ways.buyers if name != self.via] or [self.via])

    async def connected(self):
        if self.over == "ws" and (self.session is None or self.session.reading.done()):
            self.session = await Session(self.ways, self.via).open(self.person and self.person.token)
            if not self.person:
                self.person = self.remember(Person(self.session.buyer, self.session.token))
        elif self.person is None:
            given = await self.ways.over_http(self.via, "POST", "/v1/sessions", "hello", {})
            self.person = self.remember(Person(given["buyer"], given["token"]))

    def remember(self, person):
        self.people.append(person)
        return person

    async def once(self, kind, key, wish):
        await self.connected()
        if self.over == "ws" and kind in ("hold", "order", "release"):
            return await self.session.ask(kind, key, **wish)
        return await self.by_http(self.person, kind, key, wish)

    async def by_http(self, person, kind, key, wish, **noted):
        method, path, body = {
            "hold": lambda: ("POST", f"/v1/events/{wish['event']}/holds",
                             {name: value for name, value in wish.items() if name != "event"}),
            "order": lambda: ("POST", "/v1/orders", wish),
            "release": lambda: ("DELETE", f"/v1/holds/{wish['hold']}", None),
            "cancel": lambda: ("POST", f"/v1/orders/{wish['order']}/cancel", {}),
            "read-hold": lambda: ("GET", f"/v1/holds/{wish['hold']}", None),
            "read-order": lambda: ("GET", f"/v1/orders/{wish['order']}", None),
        }[kind]()
        return await self.ways.over_http(self.via, method, path, kind, body, token=person.token, key=key,
                                         buyer=person.buyer, wish=wish, **noted)

    async def insist(self, kind, key=None, within_s=INSIST_S, **wish):
        """Asks until there is an answer, elsewhere when there is none: the same key, so the same deed."""
        until = time.monotonic() + within_s
        while True:
            try:
                return await self.once(kind, key, wish)
            except Unknown:
                self.go_elsewhere()
            except Refused as refused:
                if refused.slug not in NOT_NOW or time.monotonic() > until:
                    raise
            if time.monotonic() > until or self.market.closing:
                raise Unknown(f"{kind}: nobody answers")
            await asyncio.sleep(self.choice.uniform(0.1, 0.4))  # Retry-After, in short

    # ---- shopping ----

    async def run(self):
        while not self.market.closing:
            try:
                await self.visit()
            except (Refused, Unknown):
                self.person = None if self.choice.random() < 0.5 else self.person
            await asyncio.sleep(self.choice.uniform(0.05, 0.3))
            self.go_elsewhere()
        if self.session:
            self.session.cut()

    async def visit(self):
        for _ in range(self.choice.randint(3, 20)):
            if self.market.closing:
                return
            await self.shop()
            await asyncio.sleep(self.choice.uniform(0.02, 0.4))

    def wish(self):
        whim, count = self.choice.random(), self.choice.randint(1, 3)
        if whim < 0.2:
            return {"event": sale.GALA, "section": sale.FLOOR, "quantity": count}
        if whim < 0.35:
            return {"event": sale.GALA, "best": {"quantity": 2}}
        wanted = self.market.wanted(self.choice, count)
        if whim < 0.7:  # in one section
            section = wanted[0].rsplit("-", 2)[0]
            wanted = [section + "-" + seat.split("-", 2)[2] for seat in wanted]
        return {"event": sale.GALA, "seats": sorted(set(wanted))}

    async def shop(self):
        self.purchases += 1
        key = f"{self.number}-{self.purchases}"
        if self.choice.random() < 0.1 and self.over == "http":
            return await self.grab_twice(key)
        held = await self.hold(key, self.wish())
        if held is None:
            return
        whim = self.choice.random()
        if whim < 0.15:
            await self.repeat(key, held)
        elif whim < 0.3:
            await self.look(held["hold"])
        whim = self.choice.random()
        if whim < 0.45:
            await self.insist("release", hold=held["hold"])
            self.person.holds.discard(held["hold"])
        elif whim < 0.65:
            await self.buy(held, f"{key}-paid")

    async def hold(self, key, wish):
        """The hold; none when it was refused."""
        await self.connected()
        person = self.person
        try:
            held = await self.insist("hold", key, **wish)
        except Unknown:
            person.unheard.append(("hold", key, wish))
            raise
        except Refused as refused:
            if refused.slug == "limit-exceeded":
                self.person = None  # somebody else from now on
                self.go_elsewhere()
            elif refused.slug == "seat-taken" and self.choice.random() < 0.3:
                self.market.sold(refused.problem.get("seats", []))  # does not want them any more
            return None
        person.holds.add(held["hold"])
        self.last_wish = wish
        return held

    async def grab_twice(self, key):
        """Two holds at once, which together may be more than one buyer may have."""
        await self.connected()
        person, wishes = self.person, [{"event": sale.GALA, "section": sale.FLOOR, "quantity": 4} for _ in range(2)]
        answers = await asyncio.gather(*[self.by_http(person, "hold", f"{key}-{number}", wish)
                                         for number, wish in enumerate(wishes)], return_exceptions=True)
        for number, answer in enumerate(answers):
            if isinstance(answer, Unknown):
                person.unheard.append(("hold", f"{key}-{number}", wishes[number]))
            elif isinstance(answer, dict):
                await self.insist("release", hold=answer["hold"])

    async def repeat(self, key, held):
        """The same wish under the same key, through another node."""
        self.go_elsewhere()
        try:
            await self.insist("hold", key, **self.last_wish)
        except Refused:
            pass  # what may be refused, the checker knows

    async def look(self, hold):
        try:
            await self.insist("read-hold", hold=hold)
        except Refused:
            pass  # likewise

    async def buy(self, held, key):
        person = self.person
        method = "sandbox-declined" if self.choice.random() < 0.15 else "card"
        wish = {"hold": held["hold"], "payment": {"method": method}}
        try:
            order = await self.insist("order", key, **wish)
        except Unknown:
            person.unheard.append(("order", key, wish))
            raise
        except Refused:
            return
        person.holds.discard(held["hold"])
        person.orders[order["order"]] = held["hold"]
        order = await self.ended(order)
        if order["state"] != "confirmed":
            return
        guids = [seat["guid"] for seat in held["seats"]]
        self.market.sold(guids)
        if self.choice.random() < 0.6:
            await self.insist("cancel", order=order["order"])
            self.market.back(guids)

    async def ended(self, order):
        until = time.monotonic() + CHARGED_WITHIN_S
        while order["state"] == "charging" and time.monotonic() < until and not self.market.closing:
            if self.session and not self.session.reading.done():
                heard = await self.session.hears("order", 1, order=order["order"])
                order = heard or order
            else:
                await asyncio.sleep(0.2)
            if order["state"] == "charging":
                order = await self.insist("read-order", order=order["order"])
        return order
