"""Clients whose node is killed, stops or is drained go on at another one with all that they had."""

import asyncio
import random
import resource
import sys
import time
import unittest

from buyer import Buyer, Problem
from member_nodes import MemberNodes
from node_process import await_true, free_port, plan_of

LINE = "premiere"  # everybody waits in its line: its sale is not open
GALA = "gala"  # has no line
PEOPLE = 1_000
BUYERS = 20  # of these: they hold something, too, and watch
ROWS = 6


class Client:
    """A client as a library should be: it keeps what it needs to come back, and comes back with one frame."""

    def __init__(self, nodes):
        self.nodes = nodes  # where it may go, in turn
        self.token = self.session = self.place = self.number = self.held = None
        self.watched = {}
        self.buyer = None

    async def arrive(self, node):
        self.buyer = await Buyer(node).open(self.token)
        self.token, self.session = self.buyer.token, self.buyer.welcome["session"]
        return self

    async def stand_in_line(self):
        place = await self.buyer.ask("queue.join", event=LINE)
        self.place, self.number = place["token"], place["number"]

    async def hold_and_watch(self, seat):
        section = seat.split("-")[0]
        await self.buyer.ask("seats.watch", event=GALA, section=section)
        self.watched = {GALA: [section]}
        self.held = (await self.buyer.hold(GALA, seats=[seat]))["hold"]

    async def come_back(self, within_s=30):
        """Tries one node after the other until one takes it."""
        hello = {"resume": {"session": self.session}, "places": [self.place] if self.place else [],
                 "watch": [{"event": event, "sections": sections} for event, sections in self.watched.items()]}
        deadline = time.monotonic() + within_s
        while True:
            node = self.nodes[0]
            try:
                self.buyer = await Buyer(node).open(self.token, **hello)
                self.session = self.buyer.welcome["session"]
                return self.buyer.welcome
            except Exception as why:
                if time.monotonic() > deadline:
                    raise AssertionError(f"nobody takes a client back: {why!r}") from why
                self.nodes.append(self.nodes.pop(0))
                await asyncio.sleep(random.uniform(0, 0.5))

    async def hears_of_all(self):
        """Of its place, which it returns, and what the sections are like that it watches, in whatever order."""
        wanted = {("queue.state", None)} | {("seats.snapshot", section) for sections in self.watched.values()
                                            for section in sections}
        place = None

        async def look():
            nonlocal place
            while wanted:
                frame = await self.buyer.unasked.get()
                if frame is None:
                    raise ConnectionError(f"the connection closed before {wanted}")
                wanted.discard((frame["type"], frame.get("section")))
                if frame["type"] == "queue.state" and frame["event"] == LINE:
                    place = frame
        await asyncio.wait_for(look(), 30)
        return place

    async def mine(self, event, within_s=20):
        """What is the client's at an event, once nothing of it is unknown."""
        deadline = time.monotonic() + within_s
        while True:
            own = await self.buyer.ask("me", event=event)
            if not own["unknown"] or time.monotonic() > deadline:
                return own
            await asyncio.sleep(0.1)


async def all_of(work, at_once=100):
    """All results; so many at the same time."""
    gate = asyncio.Semaphore(at_once)

    async def one(what):
        async with gate:
            return await what
    return await asyncio.gather(*[one(what) for what in work])


class Reconnect(MemberNodes):
    def begin(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
        self.database = self.postgres()
        self.nodes = {}
        for name in ("a", "b", "c"):
            self.nodes[name] = self.member(name)
        self.nodes["a"].create_event(LINE, plan_of({"stalls": (2, 5)}))
        self.nodes["a"].create_event(GALA, plan_of({f"row{row}": (1, 40) for row in range(ROWS)}), "--no-waiting-room",
                                     "--open", "--rehold-pause", "0", "--allow-orphans", "--max-per-buyer", "40")
        await_true(self.is_spread, 30, "the nodes share the shards out")

    def config_of(self, name):
        return f'cluster {{ name = "{name}", listen = "127.0.0.1:{free_port()}" }}'

    def homes(self):
        """The name of the living node that has each shard: by event, kind and section."""
        return {(event, kind, section): name for event, kind, section, name in self.rows(
            "SELECT e.id, s.kind, s.section, n.name FROM usher.shard s JOIN usher.event e ON e.number = s.event"
            " JOIN usher.node n ON n.owner = s.owner AND n.living")}

    def is_spread(self):
        homes = self.homes()
        return len(homes) == ROWS + 2 + 3 and set(homes.values()) == set(self.nodes) and all(
            node.get(f"/v1/events/{event}/sections/{section}/seats").status == 200 for node in self.nodes.values()
            for event, section in [(LINE, "stalls"), *[(GALA, f"row{row}") for row in range(ROWS)]])

    def others(self, name):
        return [node for other, node in self.nodes.items() if other != name]

    def figures(self, node):
        return node.admin("GET", f"/events/{LINE}/report").json["queue"]

    # ---- a node is killed ----

    async def test_a_thousand_people_keep_their_places_when_their_node_is_killed(self):
        self.begin()
        victim = self.homes()[(LINE, "2", "0")]  # it serves their waiting room, too
        gateway, others = self.nodes[victim], self.others(victim)
        clients = [Client(others[number % 2:] + others[:number % 2]) for number in range(PEOPLE)]
        await all_of(client.arrive(gateway) for client in clients)
        await all_of(client.stand_in_line() for client in clients)
        for number, client in enumerate(clients[:BUYERS]):
            await client.hold_and_watch(f"row{number % ROWS}-1-{1 + number // ROWS}")
        numbers = [client.number for client in clients]
        self.assertEqual(len(set(numbers)), PEOPLE)

        gateway.kill()
        killed = time.monotonic()
        welcomes = await all_of(client.come_back() for client in clients)
        places = await all_of((client.hears_of_all() for client in clients), at_once=PEOPLE)
        took = time.monotonic() - killed
        for client, welcome, place in zip(clients, welcomes, places):
            self.assertFalse(welcome["resumed"])
            self.assertEqual(welcome["places"], [{"event": LINE, "number": client.number}])
            self.assertEqual((place["state"], place["number"]), ("waiting", client.number))
        print(f"killed: {PEOPLE} people had their places again after {took:.2f} s")
        self.assertLess(took, 30)

        # The room knows them all as there, in the order in which they came.
        await asyncio.to_thread(await_true, lambda: self.figures(others[0])["present"] == PEOPLE, 20, "all are there")
        last = max(clients, key=lambda client: client.number)
        mine = await last.mine(LINE)
        self.assertEqual([(place["number"], place["ahead"]) for place in mine["places"]], [(last.number, PEOPLE - 1)])

        for client, welcome in zip(clients[:BUYERS], welcomes):
            [(event, [section])] = client.watched.items()
            self.assertEqual(welcome["watches"], [{"event": event, "section": section}])
            mine = await client.mine(GALA)
            self.assertEqual([hold["hold"] for hold in mine["holds"]], [client.held], mine)
        # What they watch, they see.
        for row in range(ROWS):
            self.assertIsInstance(await self.hold_at_last(others[0], GALA, f"row{row}-1-40"), dict)
        for client in clients[:BUYERS]:
            await client.buyer.hears("seats.delta", section=client.watched[GALA][0])
        order = await clients[0].buyer.buy(clients[0].held, key="once")
        self.assertEqual(order["state"], "confirmed")
        mine = await clients[0].mine(GALA)
        self.assertEqual((mine["holds"], [each["state"] for each in mine["orders"]]), ([], ["confirmed"]))
        await all_of(client.buyer.close() for client in clients)
        self.assert_audit_ok(GALA, self.database.url)

    # ---- a node stops ----

    async def test_a_node_that_stops_sends_everybody_on_and_fails_no_request(self):
        self.begin()
        leaving, others = self.nodes["c"], self.others("c")
        clients = [Client(others[number % 2:] + others[:number % 2]) for number in range(200)]
        await all_of(client.arrive(leaving) for client in clients)
        await all_of(client.stand_in_line() for client in clients)
        requests, stop = [], asyncio.Event()
        stubborn = await Client(others).arrive(leaving)
        work = [asyncio.create_task(self.shop(client, number, requests, stop)) for number, client in
                enumerate(clients[:BUYERS])]
        work += [asyncio.create_task(self.wait_and_move(client)) for client in clients[BUYERS:]]
        work.append(asyncio.create_task(self.browse(requests, stop)))
        began = time.monotonic()
        ended = asyncio.create_task(asyncio.to_thread(leaving.stop, 40))
        asked = await stubborn.buyer.hears("reconnect")
        told_after = time.monotonic() - began
        await stubborn.buyer.reader
        stayed = time.monotonic() - began - told_after
        self.assertEqual(stubborn.buyer.socket.close_code, 4200)
        self.assertGreaterEqual(stayed, asked["within_s"])
        await ended
        took = time.monotonic() - began
        self.assertEqual(leaving.process.returncode, 0, leaving.output())
        stop.set()
        within = sorted([done for done in await asyncio.gather(*work) if done is not None])
        self.assertEqual(len(within), len(clients))
        failed = [what for what, is_done in requests if not is_done]
        print(f"stopped: {len(clients)} clients were sent on after {told_after:.1f} s, within {within[0]:.2f} to "
              f"{within[-1]:.2f} s; of {len(requests)} requests {len(failed)} failed; the node ended after {took:.1f} s")
        self.assertEqual(failed, [])
        self.assertGreaterEqual(told_after, 3)
        # Evenly: in each fifth of the time a fifth of the clients, give or take what other threads do.
        for fifth in range(5):
            part = [each for each in within if fifth < each * 5 / within[-1] <= fifth + 1]
            self.assertAlmostEqual(len(part), len(within) / 5, delta=len(within) / 20)
        for client in clients:
            self.assertEqual(client.buyer.welcome["places"], [{"event": LINE, "number": client.number}])
        await asyncio.to_thread(await_true, lambda: self.figures(others[0])["present"] == len(clients), 20, "all are there")
        await all_of(client.buyer.close() for client in clients)
        self.assert_audit_ok(GALA, self.database.url)

    async def wait_and_move(self, client):
        """Waits until it is sent on, and goes; within which time it was to go."""
        asked = await client.buyer.hears("reconnect", within_s=60)
        await asyncio.sleep(random.uniform(0, asked["within_s"]))
        before = client.buyer
        await client.come_back()
        await before.close()
        return asked["within_s"]

    async def shop(self, client, number, requests, stop):
        """Takes seats and gives them back all the time; goes on elsewhere when it is sent on, between two requests."""
        moves_at = within = None
        seat = 2 * number
        while not stop.is_set() or within is None:
            if moves_at is None:
                told = [frame for frame in iter(lambda: self.unasked(client), None) if frame["type"] == "reconnect"]
                if told:
                    within = told[0]["within_s"]
                    moves_at = time.monotonic() + random.uniform(0, within)
            elif moves_at and time.monotonic() >= moves_at:
                before, moves_at = client.buyer, 0
                await client.come_back()
                await before.close()
            try:
                held = await client.buyer.hold(GALA, seats=[f"row{seat % ROWS}-1-{1 + seat // ROWS % 40}"])
                await client.buyer.ask("release", hold=held["hold"])
                requests.append(("held and released", True))
            except Problem as refused:
                requests.append((str(refused), refused.slug == "seat-taken"))
            except Exception as why:
                requests.append((repr(why), False))
                await asyncio.sleep(0.1)
            seat += 1
        return within

    @staticmethod
    def unasked(client):
        return None if client.buyer.unasked.empty() else client.buyer.unasked.get_nowait()

    async def browse(self, requests, stop):
        """Asks over HTTP, as through a balancer that looks every half second who is ready."""
        ready, looked = list(self.nodes.values()), 0
        turn = 0
        while not stop.is_set():
            if time.monotonic() - looked > 0.5:
                looked = time.monotonic()
                ready = [node for node in self.nodes.values() if await asyncio.to_thread(self.is_ready, node)]
            node = ready[turn % len(ready)]
            turn += 1
            try:
                answer = await asyncio.to_thread(node.get, f"/v1/events/{GALA}/sections/row{turn % ROWS}/seats")
                requests.append((f"GET {answer.status}", answer.status == 200))
            except OSError as why:
                requests.append((repr(why), False))
            await asyncio.sleep(0.01)

    @staticmethod
    def is_ready(node):
        try:
            return node.get("/readyz").status == 200
        except OSError:
            return False

    # ---- a node is drained ----

    async def test_a_drained_node_sends_everybody_on_and_stays_until_it_is_undrained(self):
        self.begin()
        leaving, others = self.nodes["c"], self.others("c")
        clients = [Client(others) for _ in range(20)]
        await all_of(client.arrive(leaving) for client in clients)
        await all_of(client.stand_in_line() for client in clients)
        drained = others[0].admin("POST", "/cluster/nodes/c/drain")
        self.assertIn(drained.status, (200, 202), drained.body)
        within = await asyncio.gather(*[self.wait_and_move(client) for client in clients])
        self.assertEqual(len(set(within)), len(within))
        for client in clients:
            self.assertEqual(client.buyer.welcome["places"], [{"event": LINE, "number": client.number}])
        self.assertEqual(set(self.homes().values()), {"a", "b"})
        self.assertEqual(leaving.get("/readyz").status, 503)
        self.assertIsNone(leaving.process.poll(), "its process goes on")
        # Whoever comes all the same is served, and sent on.
        late = await Client(others).arrive(leaving)
        await late.stand_in_line()
        await late.buyer.hears("reconnect")
        self.assertEqual(others[0].admin("POST", "/cluster/nodes/c/undrain").status // 100, 2)
        await asyncio.to_thread(await_true, lambda: leaving.get("/readyz").status == 200, 20, "it takes part again")
        stays = await Client(others).arrive(leaving)
        await asyncio.to_thread(await_true, self.is_spread, 30, "it has its part again")
        with self.assertRaises(asyncio.TimeoutError):
            await stays.buyer.hears("reconnect", within_s=7)
        await stays.stand_in_line()
        for client in [*clients, late, stays]:
            await client.buyer.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
