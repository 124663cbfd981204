"""Who waits, and is there, is let in, whichever of the gateway's threads their connections are on."""

import asyncio
import sys
import time
import unittest

from buyer import Buyer, Problem
from node_process import Node, await_true, plan_of
from story import Story, sqlite_store

THREADS = 3
CONNECTIONS = 4 * THREADS


class Waiting(Story):
    def setUp(self):
        folder = self.folder()
        self.node = Node(sqlite_store(folder, self.addCleanup), folder, config=f"http {{ threads = {THREADS} }}").start()
        self.addCleanup(self.node.stop)
        self.node.create_event("gig", plan_of({"stalls": (5, 10)}), "--rate", "100")

    def figures(self):
        return self.node.admin("GET", "/events/gig/report").json["queue"]

    async def joined(self, token=None):
        buyer = await Buyer(self.node).open(token)
        await buyer.ask("queue.join", event="gig")
        return buyer

    async def await_present(self, people):
        await asyncio.to_thread(await_true, lambda: self.figures()["present"] == people, 30, f"{people} people there")

    async def test_the_last_of_many_connections_keeps_its_buyer_there(self):
        stays = await self.joined()
        others = [await self.joined(stays.token) for _ in range(CONNECTIONS)]
        # Other people, on every thread, leave after them: when these are gone, the connections before them are, too.
        witnesses = [await self.joined() for _ in range(CONNECTIONS)]
        await self.await_present(1 + len(witnesses))
        for buyer in others + witnesses:
            await buyer.close()
        await self.await_present(1)
        self.node.verb("event", "open", "gig")
        admitted = await stays.hears("queue.admitted", event="gig")
        self.assertTrue(admitted["pass"])
        figures = self.figures()
        self.assertEqual((figures["admitted"], figures["waiting"]), (1, len(witnesses)))
        await stays.close()

    async def test_whose_connections_are_all_gone_is_passed_over_and_let_in_on_return(self):
        first = await self.joined()
        token, number = first.token, self.figures()["joined"]
        others = [await self.joined(token) for _ in range(CONNECTIONS)]
        await self.await_present(1)
        for buyer in [first, *others]:
            buyer.cut()
        await self.await_present(0)
        self.node.verb("event", "open", "gig")
        next_one = await self.joined()
        await next_one.hears("queue.admitted", event="gig")
        self.assertEqual(self.figures()["waiting"], 1)
        again = await self.joined(token)
        await again.hears("queue.admitted", event="gig")
        self.assertEqual(self.figures()["joined"], number + 1)
        for buyer in (next_one, again):
            await buyer.close()

    async def test_who_is_back_while_the_old_connection_ends_is_there(self):
        buyers = [await self.joined() for _ in range(CONNECTIONS)]
        again = []
        for buyer in buyers:
            other = await Buyer(self.node).open(buyer.token)
            joining = asyncio.ensure_future(other.ask("queue.join", event="gig"))
            await asyncio.sleep(0)  # it is sent
            buyer.cut()
            again.append((other, joining))
        for other, joining in again:
            await joining
        self.node.verb("event", "open", "gig")
        for other, _ in again:
            await other.hears("queue.admitted", event="gig")
            await other.close()

    async def test_after_a_restart_everybody_is_told_where_they_stand(self):
        people = []
        for _ in range(CONNECTIONS):
            buyer = await Buyer(self.node).open()
            place = await buyer.ask("queue.join", event="gig")
            people.append((buyer.token, place["token"]))
        await asyncio.to_thread(self.node.kill)
        await asyncio.to_thread(self.node.start)
        back = []
        for token, place in people:
            buyer = await Buyer(self.node).open(token)
            await buyer.ask("queue.join", event="gig", token=place)
            back.append(buyer)
        late = await self.joined()  # with a number far behind the others'
        await back[0].ask("queue.leave", event="gig")
        for ahead, buyer in enumerate([*back[1:], late]):
            told = await buyer.hears("queue.state", ahead=ahead)
            self.assertEqual(told["position"], ahead + 1)
            self.assertIsNone(told["eta_s"][1])  # the sale is not open
        for buyer in [*back, late]:
            await buyer.close()

    async def test_a_new_plan_takes_nobody_out_of_line(self):
        waiting = [await self.joined() for _ in range(CONNECTIONS)]
        changed = await asyncio.to_thread(
            self.node.admin, "PUT", "/events/gig",
            {"plan": plan_of({"stalls": (6, 10)}), "prices": {"Standard": 4500}, "admission_per_s": 1})
        self.assertEqual(changed.status, 200, changed.body)
        await self.await_present(len(waiting))
        late = await self.joined()
        self.assertEqual(self.figures()["waiting"], len(waiting) + 1)
        await asyncio.to_thread(self.node.verb, "event", "rate", "gig", "100")
        self.node.verb("event", "open", "gig")
        for buyer in [*waiting, late]:
            await buyer.hears("queue.admitted", event="gig")
            await buyer.close()

    async def test_after_a_restart_who_was_let_in_has_the_same_time_as_before(self):
        self.node.verb("event", "open", "gig")
        buyer = await Buyer(self.node).open()
        place = (await buyer.ask("queue.join", event="gig"))["token"]
        admitted = await buyer.hears("queue.admitted", event="gig")
        seen = {"Authorization": f"Bearer {buyer.token}", "Usher-Queue": place}

        def ends():
            answer = self.node.get("/v1/events/gig/queue", headers=seen)
            self.assertEqual((answer.status, answer.json["state"]), (200, "admitted"), answer.body)
            return answer.json["pass_expires_at"]

        self.assertEqual(ends(), admitted["pass_expires_at"])
        await asyncio.to_thread(self.node.kill)
        await asyncio.to_thread(self.node.start)
        self.assertEqual(ends(), admitted["pass_expires_at"])
        again = await Buyer(self.node).open(buyer.token)
        back = await again.ask("queue.join", event="gig", token=place)
        self.assertEqual((back["state"], back["pass_expires_at"]), ("admitted", admitted["pass_expires_at"]))
        held = await again.hold("gig", seats=["stalls-1-1"], **{"pass": back["pass"]})
        self.assertEqual(len(held["seats"]), 1)
        await again.close()

    async def test_who_leaves_makes_room_and_holds_nothing_more(self):
        await asyncio.to_thread(self.node.admin, "PATCH", "/events/gig", {"max_shopping": 1, "state": "open"})
        buyers = [await self.joined() for _ in range(3)]
        passes = {}
        for number, buyer in enumerate(buyers):
            passes[buyer] = (await buyer.hears("queue.admitted", event="gig"))["pass"]
            self.assertEqual(self.figures()["shopping"], 1)
            held = await buyer.hold("gig", seats=[f"stalls-1-{number + 1}"], key="one", **{"pass": passes[buyer]})
            left = await asyncio.to_thread(self.node.call, "DELETE", "/v1/events/gig/queue", None,
                                           {"Authorization": f"Bearer {buyer.token}"})
            self.assertEqual(left.status, 204)
            await buyer.hears("queue.left", event="gig")
            with self.assertRaises(Problem) as refused:
                await buyer.hold("gig", seats=["stalls-5-1"], **{"pass": passes[buyer]})
            self.assertEqual(refused.exception.slug, "not-admitted")
            over_http = await asyncio.to_thread(
                self.node.call, "POST", "/v1/events/gig/holds", {"seats": ["stalls-5-1"]},
                {"Authorization": f"Bearer {buyer.token}", "Usher-Pass": passes[buyer]})
            self.assertEqual((over_http.status, over_http.slug), (403, "not-admitted"))
            again = await buyer.hold("gig", seats=[f"stalls-1-{number + 1}"], key="one", **{"pass": passes[buyer]})
            self.assertEqual(again["hold"], held["hold"])
        for buyer in buyers:
            await buyer.close()

    async def test_a_new_plan_keeps_the_rate(self):
        await asyncio.to_thread(self.node.admin, "PATCH", "/events/gig", {"admission_per_s": 1, "state": "open"})
        people = [await self.joined() for _ in range(6)]
        went_in = []

        async def note(buyer):
            await buyer.hears("queue.admitted", event="gig")
            went_in.append(time.monotonic())

        notes = [asyncio.create_task(note(buyer)) for buyer in people]
        for rows in (6, 7):
            await asyncio.wait(notes[:rows - 5])
            changed = await asyncio.to_thread(self.node.admin, "PUT", "/events/gig", {"plan": plan_of({"stalls": (rows, 10)})})
            self.assertEqual(changed.status, 200, changed.body)
        await asyncio.gather(*notes)
        gaps = [later - earlier for earlier, later in zip(went_in, went_in[1:])]
        print("people went in after", *(f"{gap:.2f}" for gap in gaps), "s")
        self.assertGreater(min(gaps), 0.9)  # a second, but for the way to here
        for buyer in people:
            await buyer.close()

    async def test_a_waiting_room_may_be_turned_off_and_on_again(self):
        async def turn(on):
            changed = await asyncio.to_thread(self.node.admin, "PUT", "/events/gig", {"waiting_room": on})
            self.assertEqual(changed.status, 200, changed.body)

        await asyncio.to_thread(self.node.admin, "PATCH", "/events/gig", {"max_shopping": 2, "state": "open"})
        people = []
        for _ in range(6):
            buyer = await Buyer(self.node).open()
            place = await buyer.ask("queue.join", event="gig")
            people.append((buyer, place))
        inside, waiting = people[:2], people[2:]
        for buyer, _ in inside:
            await buyer.hears("queue.admitted", event="gig")
        await turn(False)
        passes = {}
        for buyer, _ in waiting:
            passes[buyer] = (await buyer.hears("queue.state", state="admitted"))["pass"]
        await self.await_present(0)
        await turn(True)
        # Passes that were given out are good until they end, and do not count as shopping.
        for number, (buyer, _) in enumerate(waiting):
            await buyer.hold("gig", seats=[f"stalls-2-{number + 1}"], **{"pass": passes[buyer]})
        self.assertEqual(self.figures()["shopping"], 2)
        late = await Buyer(self.node).open()
        behind = await late.ask("queue.join", event="gig")
        self.assertEqual(behind["state"], "waiting")
        buyer, place = waiting[0]
        back = await buyer.ask("queue.join", event="gig", token=place["token"])
        self.assertEqual((back["state"], back["number"], back["ahead"]), ("waiting", place["number"], 0))
        for buyer, _ in people:
            await buyer.close()
        await late.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
