"""What operators do with orders: they find them, refund them, end those whose payment hangs, and see what a ticket's code
is worth. And what buyers are told about cancelling, before and after the sale."""

import pathlib
import tempfile
import threading
import unittest

from node_process import Node, audit, await_true, plan_of

HALL = plan_of({"stalls": (4, 10)})


class Orders(unittest.TestCase):
    def serve(self, delay_ms=20):
        folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(folder.cleanup)
        self.store = f"sqlite:{folder.name}/sale.db"
        self.make = lambda: Node(self.store, folder.name, ["--set", f"payments.sandbox.delay={delay_ms}ms"]).start()
        self.node = self.make()
        self.addCleanup(lambda: self.node.stop())
        self.node.create_event("gig", HALL, "--no-waiting-room", "--hold-ttl", "60", "--open")
        self.keys = iter(range(1, 10_000))

    def buyer(self):
        made = self.node.call("POST", "/v1/sessions").json
        return made["token"], made["buyer"]

    def call(self, method, path, token, body=None, key=None):
        headers = {"Authorization": f"Bearer {token}"}
        if key:
            headers["Idempotency-Key"] = key
        return self.node.call(method, path, body, headers)

    def begin(self, token, seats, method="sandbox-succeeds", key=None):
        held = self.call("POST", "/v1/events/gig/holds", token, {"seats": seats}, f"hold-{next(self.keys)}")
        self.assertEqual(held.status, 201, held.body)
        return self.pay(token, held.json["hold"], method, key)

    def pay(self, token, hold, method, key=None):
        wish = {"hold": hold, "payment": {"method": method}}
        return self.call("POST", "/v1/orders", token, wish, key or f"order-{next(self.keys)}")

    def state(self, token, order):
        return self.call("GET", f"/v1/orders/{order}", token).json["state"]

    def buy(self, token, seats):
        order = self.begin(token, seats).json["order"]
        await_true(lambda: self.state(token, order) == "confirmed", 20, "the order is confirmed")
        return order

    def await_order(self, token, order, refund):
        def is_over():
            now = self.call("GET", f"/v1/orders/{order}", token).json
            return now["state"] == "cancelled" and now.get("refund") == refund
        await_true(is_over, 20, f"{order} is cancelled")

    def test_a_cancelled_order_is_refunded_before_the_end_of_the_sale_and_not_after(self):
        self.serve()
        token, buyer = self.buyer()
        first, second = self.buy(token, ["stalls-1-1"]), self.buy(token, ["stalls-1-2", "stalls-1-3"])
        ticket = self.call("GET", f"/v1/orders/{first}/tickets", token).json["tickets"][0]
        picture = self.call("GET", f"/v1/tickets/{ticket['ticket']}.svg", token)
        self.assertEqual((picture.status, picture.headers["Cache-Control"]), (200, "no-store"))
        worth = self.node.admin("GET", f"/tickets/{ticket['code']}").json
        self.assertEqual((worth["valid"], worth["guid"], worth["buyer"], worth["order"]), (True, "stalls-1-1", buyer, first))
        self.assertEqual(self.call("POST", f"/v1/orders/{first}/cancel", token).status, 202)
        self.await_order(token, first, "done")
        worth = self.node.admin("GET", f"/tickets/{ticket['code']}").json
        self.assertEqual((worth["valid"], worth["state"]), (False, "cancelled"))
        forged = ticket["code"][:-1] + ("a" if ticket["code"][-1] != "a" else "b")
        self.assertEqual(self.node.admin("GET", f"/tickets/{forged}").status, 404)

        self.assertEqual(self.node.verb("event", "close", "gig").returncode, 0)
        refused = self.call("POST", f"/v1/orders/{second}/cancel", token)
        self.assertEqual((refused.status, refused.slug), (409, "cancellation-closed"))
        self.assertEqual(self.state(token, second), "confirmed")
        self.assertEqual([line[0] for line in self.node.charges()].count("refund"), 1)
        done = self.node.verb("event", "refund", "gig", second)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.await_order(token, second, "done")
        self.assertEqual(self.call("GET", f"/v1/orders/{second}", token).json["reason"], "Cancelled by the organiser.")
        self.node.stop()
        self.assertEqual(audit("gig", self.store)[0], 0)

    def test_the_rule_is_shown_kept_and_changed(self):
        self.serve()
        token, _ = self.buyer()
        order = self.buy(token, ["stalls-1-1"])
        for said, shown in (("none", "none"), ("operators", "operators"), ("until-closed", {"until": None}),
                            ("until=2000-01-01T00:00:00Z", {"until": "2000-01-01T00:00:00.000Z"})):
            self.assertEqual(self.node.verb("event", "set", "gig", "--cancellations", said).returncode, 0)
            self.assertEqual(self.node.get("/v1/events/gig").json["cancellations"], shown)
        self.assertEqual(self.call("POST", f"/v1/orders/{order}/cancel", token).slug, "cancellation-closed")
        self.node.verb("event", "set", "gig", "--cancellations", "none")
        refused = self.node.verb("event", "refund", "gig", order)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("operators", refused.stderr)
        wrong = self.node.verb("event", "set", "gig", "--cancellations", "soon")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("until=TIME", wrong.stderr)
        kept = self.node.admin("PUT", "/events/gig", {"name": "Gig"})
        self.assertEqual((kept.status, kept.json["cancellations"]), (200, "none"))

    def test_a_hidden_event_is_shown_by_a_verb_and_stays_hidden_across_a_restart(self):
        self.serve()
        token, _ = self.buyer()
        order = self.buy(token, ["stalls-1-1"])
        hidden = self.node.verb("event", "set", "gig", "--hidden", "--max-per-buyer", "3")
        self.assertEqual(hidden.returncode, 0, hidden.stderr)
        self.assertIn("hidden from buyers", hidden.stdout)
        await_true(lambda: self.node.get("/v1/events/gig").status == 404, 10, "buyers no longer see it")
        self.node.stop()
        self.node = self.make()
        self.assertEqual(self.node.get("/v1/events/gig").slug, "not-found")
        self.assertEqual(self.state(token, order), "confirmed")
        self.assertEqual(self.call("POST", f"/v1/orders/{order}/cancel", token).status // 100, 2)
        shown = self.node.verb("event", "set", "gig", "--shown")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        await_true(lambda: self.node.get("/v1/events/gig").status == 200, 10, "buyers see it again")
        self.assertEqual(self.node.get("/v1/events/gig").json["max_seats_per_buyer"], 3)

    def test_operators_find_orders(self):
        self.serve()
        (one, ada), (two, ben) = self.buyer(), self.buyer()
        first, second = self.buy(one, ["stalls-1-1", "stalls-1-2"]), self.buy(two, ["stalls-2-1"])
        declined = self.begin(one, ["stalls-3-1"], "sandbox-declined").json["order"]
        await_true(lambda: self.state(one, declined) == "failed", 20, "the order fails")
        self.call("POST", f"/v1/orders/{second}/cancel", two)
        self.await_order(two, second, "done")

        def find(query):
            answer = self.node.admin("GET", f"/events/gig/orders?{query}")
            self.assertEqual(answer.status, 200, answer.body)
            return {order["order"] for order in answer.json["orders"]}
        self.assertEqual(find(""), {first, second, declined})
        self.assertEqual(find(f"buyer={ada}"), {first, declined})
        self.assertEqual(find("seat=stalls-2-1"), {second})
        self.assertEqual(find("state=confirmed"), {first})
        self.assertEqual(find("state=cancelled"), {second})
        self.assertEqual(find("state=failed"), {declined})
        self.assertEqual(find(f"state=confirmed&buyer={ben}"), set())
        seen, after = set(), ""
        while True:
            page = self.node.admin("GET", f"/events/gig/orders?limit=1{after}").json
            seen |= {order["order"] for order in page["orders"]}
            if "next" not in page:
                break
            after = f"&after={page['next']}"
        self.assertEqual(seen, {first, second, declined})
        one_order = self.node.admin("GET", f"/events/gig/orders/{first}").json
        self.assertEqual((one_order["buyer"], one_order["open"], len(one_order["seats"])), (ada, False, 2))
        self.assertEqual(self.node.admin("GET", "/events/gig/orders/gig~" + 32 * "0").status, 404)
        self.assertEqual(self.node.admin("GET", "/events/gig/orders?state=sold").status, 400)
        self.assertEqual(self.node.get(f"/admin/v1/events/gig/orders/{first}").status, 404)  # not at the buyers' port
        listed = self.node.verb("event", "orders", "gig", "--seat", "stalls-1-2")
        self.assertIn(first, listed.stdout)
        self.assertNotIn(second, listed.stdout)
        shown = self.node.verb("event", "orders", "gig", "--order", first)
        self.assertIn("stalls-1-2", shown.stdout)
        self.assertEqual(self.node.verb("event", "orders", "gig", "--seat", "nowhere").returncode, 1)

    def test_a_repeated_order_is_answered_as_it_stands(self):
        self.serve()
        token, _ = self.buyer()
        held = self.call("POST", "/v1/events/gig/holds", token, {"seats": ["stalls-1-1"]}, "hold-k").json["hold"]
        declined = self.pay(token, held, "sandbox-declined", "k1")
        self.assertEqual((declined.status, declined.json["state"]), (202, "charging"))
        order = declined.json["order"]
        await_true(lambda: self.state(token, order) == "failed", 20, "the order fails")
        again = self.pay(token, held, "sandbox-declined", "k1")
        self.assertEqual((again.status, again.json["state"], again.json["order"]), (201, "failed", order))
        self.assertEqual(self.pay(token, held, "sandbox-succeeds", "k1").slug, "idempotency-mismatch")
        paid = self.pay(token, held, "sandbox-succeeds", "k2").json["order"]
        await_true(lambda: self.state(token, paid) == "confirmed", 20, "the order is confirmed")
        self.assertEqual(self.pay(token, held, "sandbox-succeeds", "k2").json["state"], "confirmed")
        self.assertEqual([line[0] for line in self.node.charges()].count("charge"), 1)

    def test_an_order_at_a_provider_that_hangs_is_ended_by_an_operator(self):
        self.serve(delay_ms=600_000)
        token, _ = self.buyer()
        order = self.begin(token, ["stalls-1-1", "stalls-1-2"]).json["order"]
        await_true(lambda: self.node.admin("GET", f"/events/gig/orders/{order}").json["open"], 20, "the order is open")
        self.assertEqual(self.call("POST", f"/v1/orders/{order}/cancel", token).json["state"], "charging")

        def end():
            done = self.node.verb("event", "refund", "gig", order)
            return done.returncode == 0
        await_true(end, 20, "the order is ended")
        self.assertEqual(self.state(token, order), "cancelled")
        await_true(lambda: "HH" not in self.node.get("/v1/events/gig/sections/stalls/seats").json["status"], 20,
                   "the seats are free")
        other, _ = self.buyer()
        held = self.call("POST", "/v1/events/gig/holds", other, {"seats": ["stalls-1-1"]}, "other")
        self.assertEqual(held.status, 201, held.body)

    def test_all_orders_of_a_closed_event_are_refunded(self):
        self.serve()
        orders = []
        for row in range(1, 5):
            token, _ = self.buyer()
            orders += [(token, self.buy(token, [f"stalls-{row}-{seat}"])) for seat in range(1, 6)]
        early = self.node.verb("event", "refund", "gig", "--all")
        self.assertEqual(early.returncode, 1)
        self.assertIn("closed", early.stderr)
        self.node.verb("event", "close", "gig")
        done = self.node.verb("event", "refund", "gig", "--all")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("20 of them", done.stdout)
        for token, order in orders:
            self.assertEqual(self.state(token, order), "cancelled")
        moved = [line[0] for line in self.node.charges()]
        self.assertEqual((moved.count("charge"), moved.count("refund")), (20, 20))
        self.node.stop()
        self.assertEqual(audit("gig", self.store)[0], 0)

    def test_buying_and_cancelling_again_and_again_has_an_end(self):
        self.serve()
        token, _ = self.buyer()
        for _ in range(10):
            order = self.buy(token, ["stalls-1-1"])
            self.call("POST", f"/v1/orders/{order}/cancel", token)
            self.await_order(token, order, "done")
        refused = self.begin(token, ["stalls-1-1"])
        self.assertEqual((refused.status, refused.slug), (409, "limit-exceeded"))
        other, _ = self.buyer()
        self.buy(other, ["stalls-2-1"])

    def test_a_node_that_is_replaced_while_payments_hang_ends_soon(self):
        self.serve(delay_ms=600_000)
        token, _ = self.buyer()
        self.begin(token, ["stalls-1-1"])
        replaced = self.node
        ended = threading.Event()
        threading.Thread(target=lambda: (replaced.process.wait(), ended.set()), daemon=True).start()
        self.node = Node(self.store, replaced.folder)
        self.node.ledger = replaced.folder / "ledger-of-the-second"
        self.node.start()
        self.addCleanup(self.node.stop)
        # Without waiting for its orders, which are the other's now; `stop.within` is 10 s.
        self.assertTrue(ended.wait(8), replaced.output())
        self.assertNotEqual(replaced.process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
