"""Who waits hears that the event is sold out, and goes in when a place comes back: over a WebSocket and by asking."""

import asyncio
import sys
import time
import unittest

from buyer import Buyer, Problem
from node_process import Node, await_true, plan_of
from story import Story, sqlite_store

PEOPLE = 100      # half of them over a WebSocket
SOON_S = 2
COMES_BACK = 6    # places that the operator keeps out of the sale at first


class Person:
    """Somebody in line, and what they know of it."""

    def __init__(self, node):
        self.node = node
        self.state = self.since = self.number = self.token = self.place = self.granted = None
        self.news = asyncio.Condition()

    async def know(self, state):
        async with self.news:
            if state != self.state:
                self.state, self.since = state, time.monotonic()
                self.news.notify_all()

    async def knows(self, *states, within_s=30):
        """When they heard of one of these states."""
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: self.state in states), within_s)
            return self.since

    async def call(self, method, path, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asyncio.to_thread(self.node.call, method, path, body,
                                       {"Authorization": f"Bearer {self.token}", **sent})

    def ask(self):
        return self.node.get("/v1/events/gig/queue",
                             headers={"Authorization": f"Bearer {self.token}", "Usher-Queue": self.place})

    async def buy(self):
        held = await self.call("POST", "/v1/events/gig/holds", {"section": "pit", "quantity": 1}, Usher_Pass=self.granted)
        assert held.status == 201, held.body
        order = {"hold": held.json["hold"], "payment": {"method": "card"}}
        ordered = await self.call("POST", "/v1/orders", order, Idempotency_Key="buy")
        assert ordered.status in (201, 202), ordered.body


class Listening(Person):
    async def join(self):
        self.buyer = await Buyer(self.node).open()
        self.token = self.buyer.token
        place = await self.buyer.ask("queue.join", event="gig")
        self.number, self.place = place["number"], place["token"]
        await self.know(place["state"])
        return self

    async def live(self):
        while frame := await self.buyer.unasked.get():
            if frame["type"] == "queue.admitted":
                self.granted = frame["pass"]
                await self.know("admitted")
            elif frame["type"] == "queue.state":
                await self.know(frame["state"])

    async def go(self):
        await self.buyer.close()


class Asking(Person):
    async def join(self):
        self.token = (await asyncio.to_thread(self.node.call, "POST", "/v1/sessions")).json["token"]
        answer = (await self.call("POST", "/v1/events/gig/queue")).json
        self.number, self.place = answer["number"], answer["token"]
        await self.know(answer["state"])
        return self

    async def live(self):
        while self.state != "admitted":
            answer = (await asyncio.to_thread(self.ask)).json
            self.granted = answer.get("pass")
            await self.know(answer["state"])
            await asyncio.sleep(answer["poll_after_s"])  # as it is told to

    async def go(self):
        pass


def next_in_line(people):
    return min((person for person in people if person.state != "admitted"), key=lambda person: person.number)


class SoldOut(Story):
    def setUp(self):
        folder = self.folder()
        self.node = Node(sqlite_store(folder, self.addCleanup), folder).start()
        self.addCleanup(self.node.stop)
        self.node.create_event("gig", plan_of({"pit": 1 + COMES_BACK}), "--rate", "2", "--max-shopping", "1", "--open")
        self.seats("block", COMES_BACK)

    def seats(self, verb, quantity):
        done = self.node.admin("POST", f"/events/gig/seats/{verb}", {"section": "pit", "quantity": quantity})
        self.assertEqual(done.status, 200, done.body)

    def all_know(self, people):
        """Nobody goes in any more, and whoever is in has heard of it."""
        if next_in_line(people).ask().json["state"] != "sold_out":
            return False
        inside = sum(person.state == "admitted" for person in people)
        return self.node.admin("GET", "/events/gig/report").json["queue"]["admitted"] == 1 + inside

    async def test_all_hear_that_it_is_sold_out_and_the_first_in_line_goes_in_when_a_place_comes_back(self):
        first = await Buyer(self.node).open()
        await first.ask("queue.join", event="gig")
        admitted = await first.hears("queue.admitted", event="gig")
        held = await first.hold("gig", section="pit", quantity=1)
        people = [await kind(self.node).join() for _ in range(PEOPLE // 2) for kind in (Listening, Asking)]
        self.assertEqual({person.state for person in people}, {"waiting"})
        # Few places are left, so whoever asks is to ask every second, however far back.
        await asyncio.to_thread(await_true, lambda: people[-1].ask().json["poll_after_s"] == 1, 5, "a short time to ask again")
        lives = [asyncio.create_task(person.live()) for person in people]

        sold = time.monotonic()
        self.assertEqual((await first.buy(held["hold"], "the last place"))["state"], "confirmed")
        # The buyer makes room, so perhaps one goes in before the room hears that nothing is left.
        heard = {person: await person.knows("sold_out", "admitted") - sold for person in people}
        for kind in (Listening, Asking):
            latest = max(after for person, after in heard.items() if isinstance(person, kind))
            print(f"sold out: the last of {PEOPLE // 2} {kind.__name__.lower()} knew after {latest:.2f} s")
            self.assertLessEqual(latest, SOON_S)
        self.assertLessEqual(sum(person.state == "admitted" for person in people), 1)
        # Who is in stays in: there is just nothing to hold.
        with self.assertRaises(Problem) as refused:
            await first.hold("gig", section="pit", quantity=1, **{"pass": admitted["pass"]})
        self.assertEqual(refused.exception.slug, "sold-out")

        changed = await asyncio.to_thread(self.node.admin, "PATCH", "/events/gig", {"max_shopping": 0})
        self.assertEqual(changed.status, 200, changed.body)
        for _ in range(COMES_BACK):
            await asyncio.to_thread(await_true, lambda: self.all_know(people), 30, "sold out, and those who are in know it")
            next_one = next_in_line(people)
            back = time.monotonic()
            await asyncio.to_thread(self.seats, "unblock", 1)
            after = await next_one.knows("admitted") - back
            print(f"a place comes back: the first in line, {type(next_one).__name__.lower()}, knew after {after:.2f} s")
            self.assertLessEqual(after, SOON_S)
            await next_one.buy()
        self.assertEqual({type(person) for person in people if person.state == "admitted"}, {Listening, Asking})

        for life in lives:
            life.cancel()
        for person in people:
            await person.go()
        await first.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
