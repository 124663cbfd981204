"""Single shards break in the middle of a sale, and nobody sees more than a short wait; and what is shipped has no failpoints."""

import asyncio
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter

from buyer import Buyer, Problem
from node_process import PROGRAM, ROOT, Node, audit, await_true, free_port, plan_of
from story import Story, postgres_store, sqlite_store

FAILPOINTS = os.environ.get("USHER_FAILPOINTS_PROGRAM", str(ROOT / "build/usher-failpoints"))
PLACES = re.findall(r'^    \{"([\w.-]+)", ', (ROOT / "failpoint/failpoint.hpp").read_text(), re.M)

SECTIONS = {f"block-{number}": (6, 20) for number in range(1, 9)} | {"floor": 3000}
SEATS = [f"block-{number}-{row + 1}-{seat + 1}" for number in range(1, 9) for row in range(6) for seat in range(20)]
LIMIT = 8
BUYERS, VISITORS = 30, 6
# Few enough that no single shard is started again for the fifth time, which takes the keeper most of a second.
RULES = ("section.*=crash@0.004*12,event.*=crash@0.01*4,waiting-room.*=crash@0.02*4,"
         "checkout.*=crash@0.005*6")
ENOUGH = {"section": 8, "event": 2, "waiting-room": 2, "checkout": 1}  # crashes
WITHIN_S = 40    # that many have happened by then
HOLD_S = 120     # longer than everything that the crowd does
ANSWER_S = 10    # what a short wait is, at the very most
REPEAT_S = 5     # how long a node may be overloaded for one buyer
ORDER_S = 30     # a checkout that broke is taken up after five seconds
SOMEBODY_WAS_FASTER = {"seat-taken", "sold-out", "would-orphan"}
SEED = int(os.environ.get("USHER_SEED", "1"))


def crashes(log):
    """The crashes after which something was started again, by its kind, as the log tells them."""
    text = pathlib.Path(log).read_text(errors="replace")
    shards = re.findall(r"has stopped: the failpoint ([\w-]+)\.[\w-]+; it(?:s event)? is started again", text)
    checkouts = re.findall(r"its checkout broke; another one takes it up", text)
    return Counter(shards) + Counter({"checkout": len(checkouts)})


class Guest:
    """Somebody whose requests are answered, whatever breaks: at worst they are asked to repeat one."""

    def __init__(self, node, number):
        self.node, self.name, self.choice = node, number, random.Random(SEED * 1000 + number)
        self.done = 0   # visits or purchases
        self.waits = 0  # requests that had to be repeated

    async def answered(self, kind, **members):
        until = time.monotonic() + REPEAT_S
        while True:
            try:
                return await self.connection.ask(kind, ANSWER_S, **members)
            except Problem as problem:
                if problem.slug != "overloaded" or time.monotonic() > until:
                    raise
                self.waits += 1
                await asyncio.sleep(0.1)  # Retry-After, in short

    async def admission(self):
        place = await self.answered("queue.join", event="gala")
        if place["state"] == "admitted":
            return place
        return await self.connection.hears("queue.admitted", ANSWER_S, event="gala")


class Visitor(Guest):
    """Comes in, leaves, and stands in line again: so the waiting room has something to write."""

    async def run(self, is_over):
        self.connection = await Buyer(self.node).open()
        while not is_over():
            await self.admission()
            await self.answered("queue.leave", event="gala")
            self.done += 1
        await self.connection.close()


class Person:
    """One token, and what was taken with it."""

    def __init__(self, connection, entrance):
        self.connection, self.entrance = connection, entrance
        self.holds = {}  # hold → how many places
        self.sold = 0

    @property
    def has(self):
        return self.sold + sum(self.holds.values())


class Shopper(Guest):
    """Holds, lets go and pays, each request under a key; whoever can take no more is somebody else from then on."""

    def __init__(self, node, number):
        super().__init__(node, number)
        self.people = []

    async def run(self, is_over):
        await self.be_another()
        while not is_over():
            await self.shop()

    async def be_another(self):
        self.connection = await Buyer(self.node).open()
        self.person = Person(self.connection, None)
        self.people.append(self.person)
        self.person.entrance = (await self.admission())["pass"]

    def wish(self, quantity):
        if self.choice.random() < 0.2:
            return {"section": "floor", "quantity": quantity}
        return {"seats": self.choice.sample(SEATS, quantity)}

    async def shop(self):
        self.done += 1
        quantity, key = self.choice.randint(1, 3), f"{self.name}-{self.done}"
        wish = {"event": "gala", "key": key, "pass": self.person.entrance, **self.wish(quantity)}
        fits = self.person.has + quantity <= LIMIT
        try:
            held = await self.answered("hold", **wish)
        except Problem as problem:
            # An allowance that comes back may be a moment late; what counts is asked at the end.
            if problem.slug not in SOMEBODY_WAS_FASTER | {"limit-exceeded"}:
                raise
            return None if fits else await self.let_go()
        assert fits, f"{self.person.has} and {quantity} more: {held}"
        self.person.holds[held["hold"]] = quantity
        if self.choice.random() < 0.1:
            again = await self.answered("hold", **wish)
            assert again["hold"] == held["hold"], (held, again)
        whim = self.choice.random()
        if whim < 0.4:
            await self.release(held["hold"])
        elif whim < 0.47:
            await self.buy(held["hold"], f"{key}-paid")

    async def let_go(self):
        if not self.person.holds:
            return await self.be_another()
        await self.release(self.choice.choice(list(self.person.holds)))

    async def release(self, hold):
        await self.answered("release", hold=hold)
        del self.person.holds[hold]

    async def buy(self, hold, key):
        order = await self.answered("order", hold=hold, key=key, payment={"method": "card"})
        state = order["state"]
        until = time.monotonic() + ORDER_S
        while state == "charging" and time.monotonic() < until:
            await asyncio.sleep(0.1)  # a poll over HTTP, as buyers do who do not trust their connection
            answer = await asyncio.to_thread(self.node.get, f"/v1/orders/{order['order']}", timeout=ANSWER_S,
                                             headers={"Authorization": f"Bearer {self.connection.token}"})
            if answer.status != 503 or answer.slug != "overloaded":
                assert answer.status == 200, answer.body
                state = answer.json["state"]
        assert state == "confirmed", f"{order} is {state}"
        self.person.sold += self.person.holds.pop(hold)

    async def let_all_go(self):
        for person in self.people:
            self.connection, self.person = person.connection, person
            while person.holds:
                await self.let_go()

    async def try_limit(self):
        """Each person takes exactly what they may still take."""
        for number, person in enumerate(self.people):
            self.connection = person.connection

            async def hold(quantity, key, entrance=person.entrance):
                return await self.answered("hold", event="gala", section="floor", quantity=quantity, key=key,
                                           **{"pass": entrance})
            if person.sold < LIMIT:
                await hold(LIMIT - person.sold, f"rest-{number}")
            try:
                more = await hold(1, f"more-{number}")
                raise AssertionError(f"with {person.sold} bought and all the rest held, one more: {more}")
            except Problem as problem:
                assert problem.slug == "limit-exceeded", problem.problem
            await self.connection.close()


class ShardsBreak:
    """Told on both stores."""

    def setUp(self):
        folder = self.folder()
        self.store = self.store_in(folder, self.addCleanup)
        self.node = Node(self.store, folder, program=FAILPOINTS,
                         environment={"USHER_FAILPOINTS": RULES, "USHER_FAILPOINTS_SEED": str(SEED)}).start()
        self.addCleanup(self.node.stop)
        self.node.create_event("gala", plan_of(SECTIONS), "--rate", "200", "--hold-ttl", str(HOLD_S),
                               "--max-per-buyer", str(LIMIT), "--open")
        self.over = False

    def held(self):
        return audit("gala", self.store)[1]["totals"]["held"]

    async def until(self, reached, what, crowd):
        """Waits until `reached()`, as long as nobody of the crowd has had reason to complain."""
        deadline = time.monotonic() + WITHIN_S
        while not reached():
            done, _ = await asyncio.wait(crowd, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()  # nobody ends by themselves, so this raises what went wrong
            self.assertLess(time.monotonic(), deadline, f"{what}: {crashes(self.node.log.name)}")

    async def test_nobody_sees_more_than_a_short_wait(self):
        shoppers = [Shopper(self.node, number) for number in range(BUYERS)]
        visitors = [Visitor(self.node, BUYERS + number) for number in range(VISITORS)]
        crowd = [asyncio.create_task(one.run(lambda: self.over)) for one in shoppers + visitors]

        def enough():
            happened = crashes(self.node.log.name)
            return all(happened[kind] >= count for kind, count in ENOUGH.items())

        await self.until(enough, "not enough has crashed", crowd)
        before = {one: one.done for one in shoppers + visitors}
        await self.until(lambda: all(one.done >= done + 3 for one, done in before.items()),
                         "the sale does not go on", crowd)
        self.over = True
        await asyncio.wait_for(asyncio.gather(*crowd), ORDER_S)
        await asyncio.gather(*(one.let_all_go() for one in shoppers))
        # An event that breaks while it undoes a part of a hold that another section refused leaves the part held until
        # its time is over. Then nothing may be held, and nothing counted.
        self.assertLessEqual(self.held(), 3 * ENOUGH["event"] * 2, "too much was not undone")
        await asyncio.to_thread(await_true, lambda: self.held() == 0, HOLD_S + ANSWER_S, "what was let go is free")
        await asyncio.gather(*(one.try_limit() for one in shoppers))
        people = [person for one in shoppers for person in one.people]
        sold = sum(person.sold for person in people)
        self.assertGreater(sold, 0)
        self.assert_audit_ok("gala", self.store, sold=sold, held=LIMIT * len(people) - sold)
        charged = [line[1] for line in self.node.charges() if line[0] == "charge"]
        self.assertEqual(len(charged), len(set(charged)), "an order was charged twice")
        self.assertIn("failpoints are on: ", pathlib.Path(self.node.log.name).read_text())
        print(f"crashed: {dict(crashes(self.node.log.name))}; {sum(one.done for one in shoppers)} purchases, "
              f"{sum(one.done for one in visitors)} visits, {sum(one.waits for one in before)} requests repeated")


class ShardsBreakOnSqlite(ShardsBreak, Story):
    store_in = staticmethod(sqlite_store)


class ShardsBreakOnPostgres(ShardsBreak, Story):
    store_in = staticmethod(postgres_store)


class TheProcessEnds(Story):
    async def test_what_was_written_and_not_answered_is_answered_under_its_key(self):
        folder = self.folder()
        store = sqlite_store(folder, self.addCleanup)
        node = Node(store, folder, program=FAILPOINTS, environment={"USHER_FAILPOINTS": "section.before-answer=exit"})
        self.addCleanup(node.stop)
        node.start()
        node.create_event("gala", plan_of({"stalls": (2, 10)}), "--no-waiting-room", "--open")
        buyer = await Buyer(node).open()
        wish = {"event": "gala", "seats": ["stalls-1-1"], "key": "one"}
        with self.assertRaises(ConnectionError):
            await buyer.hold(**wish)
        self.assertEqual(await asyncio.to_thread(node.process.wait, ANSWER_S), 137)
        node.environment = {}
        await asyncio.to_thread(node.start)
        self.assert_audit_ok("gala", store, held=1)
        again = await Buyer(node).open(buyer.token)
        held = await again.hold(**wish)
        self.assertEqual([seat["guid"] for seat in held["seats"]], wish["seats"])
        self.assert_audit_ok("gala", store, held=1)
        await again.close()


class Failpoints(unittest.TestCase):
    def test_each_stands_somewhere_in_the_sources(self):
        self.assertGreaterEqual(len(PLACES), 20)
        self.assertEqual(len(PLACES), len(set(PLACES)))
        sources = "".join(file.read_text() for folder in ("actors", "catalog", "cluster")
                          for file in (ROOT / folder).glob("*.cpp"))
        self.assertEqual([name for name in PLACES if f'"{name}"' not in sources], [])

    def test_a_bad_rule_is_refused_at_the_start(self):
        with tempfile.TemporaryDirectory(prefix="usher-system-") as folder:
            done = subprocess.run(
                [FAILPOINTS, "node", "--store", f"sqlite:{folder}/usher.db", "--http", f"127.0.0.1:{free_port()}",
                 "--admin", f"127.0.0.1:{free_port()}"], capture_output=True, text=True, timeout=60, cwd=folder,
                env={**os.environ, "USHER_FAILPOINTS": "section.nowhere=crash"})
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("usher: USHER_FAILPOINTS: section.nowhere=crash: there is no such failpoint", done.stderr)


@unittest.skipIf(os.environ.get("USHER_FAILPOINTS_EVERYWHERE", "OFF") != "OFF", "everything is built with failpoints")
class WhatIsShipped(Story):
    def test_it_has_no_name_of_a_failpoint(self):
        with_them, shipped = (pathlib.Path(file).read_bytes() for file in (FAILPOINTS, PROGRAM))
        self.assertEqual([name for name in PLACES if name.encode() not in with_them], [])
        self.assertEqual([name for name in PLACES if name.encode() in shipped], [])
        self.assertNotIn(b"USHER_FAILPOINTS", shipped)

    def test_it_does_not_look_for_rules(self):
        folder = self.folder()
        node = Node(sqlite_store(folder, self.addCleanup), folder,
                    environment={"USHER_FAILPOINTS": "what is no rule is refused where there are rules"}).start()
        self.addCleanup(node.stop)
        self.assertNotIn("failpoint", node.output())


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
