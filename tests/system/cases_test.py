"""Small inputs that once showed a fault, from tests/cases: each has one right answer."""

import json
import pathlib
import re
import socket
import sqlite3
import sys
import tempfile
import unittest

from node_process import ROOT, Node, audit, await_true

CASES = ROOT / "tests/cases"
FREE = ("--price", "Parquet=100", "--no-waiting-room", "--open")


def body_of(name):
    return (CASES / name).read_bytes()


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.store = f"sqlite:{cls.folder.name}/sale.db"
        cls.node = Node(cls.store, cls.folder.name).start()
        cls.addClassCleanup(cls.node.stop)
        cls.token = cls.node.call("POST", "/v1/sessions").json["token"]
        cls.keys = 0

    # ---- what operators do ----

    def create(self, event, plan, *options):
        return self.node.verb("event", "create", event, "--plan", str(CASES / f"plan-{plan}.json"), *options)

    def created(self, event, plan, *options):
        done = self.create(event, plan, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def put(self, event, body):
        return self.node.admin("PUT", f"/events/{event}", body)

    def put_plan(self, event, plan):
        return self.put(event, {"plan": json.loads(body_of(f"plan-{plan}.json"))})

    def event(self, event):
        return self.node.admin("GET", f"/events/{event}").json

    def refused(self, plan, *words):
        """The plan is refused by both ways, in the same words, and nothing comes of it."""
        made = self.create("refused", plan, *FREE)
        self.assertEqual(made.returncode, 1, made.stdout)
        answer = self.put_plan("refused", plan)
        self.assertEqual((answer.status, answer.slug), (400, "bad-request"))
        for word in words:
            self.assertIn(word, made.stderr)
            self.assertIn(word, answer.json["detail"])
        self.assertEqual(self.node.get("/v1/events/refused").status, 404)
        return made, answer

    def counts_become(self, event, **wanted):
        """The first section's counts, which the event hears a little later than the buyer hears of a hold."""
        def are_there():
            section = self.event(event)["sections"][0]
            return {name: section[name] for name in wanted} == wanted
        await_true(are_there, 10, f"{event}: {wanted}")

    # ---- what buyers do ----

    def post(self, path, body):
        type(self).keys += 1
        return self.node.call("POST", path, body, {"Authorization": f"Bearer {self.token}",
                                                   "Idempotency-Key": f"case-{self.keys}"})

    def hold(self, event, wish):
        return self.post(f"/v1/events/{event}/holds", wish)

    def held(self, event, *seats):
        answer = self.hold(event, {"seats": list(seats)})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def best(self, event, quantity=2):
        answer = self.hold(event, {"best": {"quantity": quantity}})
        self.assertEqual(answer.status, 201, answer.body)
        return [seat["guid"] for seat in answer.json["seats"]]

    def buy(self, event, *seats):
        held = self.held(event, *seats)
        order = self.post("/v1/orders", {"hold": held["hold"], "payment": {"method": "card"}})
        self.assertIn(order.status, (201, 202), order.body)
        path = f"/v1/orders/{order.json['order']}"
        while order.json["state"] == "charging":
            order = self.node.get(path, headers={"Authorization": f"Bearer {self.token}"})
        self.assertEqual(order.json["state"], "confirmed")
        return held

    # ---- money ----

    def test_money_has_the_decimals_of_its_currency(self):
        for event, currency, price, shown, revenue in (("tokyo", "JPY", 12000, "12,000 JPY", "24,000 JPY"),
                                                       ("kuwait", "KWD", 12345, "12.345 KWD", "24.690 KWD")):
            made = self.created(event, "ok", "--currency", currency, "--price", f"Parquet={price}",
                                "--no-waiting-room", "--open")
            self.assertIn(shown, made.stdout)
            self.buy(event, "g-a-1", "g-a-2")
            self.assertIn(shown, self.node.verb("event", "show", event).stdout)
            self.assertIn(revenue, self.node.verb("event", "report", event).stdout)

    def test_a_currency_that_does_not_exist_is_told(self):
        made = self.create("typo", "ok", "--currency", "EUO", *FREE)
        self.assertTrue(made.returncode == 1 or "EUO" in made.stderr, made)

    def test_numbers_are_decimal_whatever_they_begin_with(self):
        for event, price, amount in (("octal", "0350", 350), ("nine", "08500", 8500)):
            self.created(event, "ok", "--price", f"Parquet={price}", "--hold-ttl", "0300", "--max-per-buyer", "010")
            shown = self.event(event)
            self.assertEqual((shown["categories"][0]["price"]["amount"], shown["hold_ttl_s"],
                              shown["max_seats_per_buyer"]), (amount, 300, 10))
        for rate, people in (("010", 10), ("09", 9)):
            self.assertIn(f"{people} people", self.node.verb("event", "rate", "octal", rate).stdout)
        for wrong in (("event", "set", "octal", "--hold-ttl", "0x20"),
                      ("event", "create", "hex", "--plan", str(CASES / "plan-ok.json"), "--price", "Parquet=0x10")):
            self.assertEqual(self.node.verb(*wrong).returncode, 2, wrong)
        self.assertEqual(self.event("octal")["hold_ttl_s"], 300)
        self.created("pit", "floor-2", *FREE)
        self.assertEqual(self.node.verb("event", "block", "pit", "--section", "pit", "--quantity", "02").returncode, 0)
        self.counts_become("pit", blocked=2)

    def test_what_has_no_price_is_not_sold(self):
        made = self.created("unpriced", "unpriced-category", *FREE)
        self.assertIn("NOT FOR SALE", made.stderr)
        self.assertEqual(self.hold("unpriced", {"best": {"quantity": 2, "category": "NOT FOR SALE"}}).slug, "not-for-sale")
        self.assertEqual(self.hold("unpriced", {"seats": ["g-a-3"]}).slug, "not-for-sale")
        self.assertEqual(self.best("unpriced"), ["g-a-1", "g-a-2"])
        answer = self.put("free", body_of("put-no-prices.json"))
        self.assertEqual((answer.status, answer.json["pointer"]), (400, "/prices"))

    # ---- settings ----

    def test_a_small_put_keeps_what_it_leaves_out(self):
        self.created("gala", "ok", "--price", "Parquet=8500", "--no-waiting-room", "--max-per-buyer", "2", "--open")
        before = self.event("gala")
        self.assertEqual(self.put("gala", body_of("put-small.json")).status, 200)
        self.assertEqual(self.event("gala"), {**before, "name": "Gala Night"})
        self.assertEqual(self.held("gala", "g-a-1")["total"]["amount"], 8500)

    def test_times_that_no_sale_has_are_refused(self):
        far = self.put("far", body_of("put-far-closes-at.json"))
        self.assertEqual((far.status, far.json["pointer"]), (400, "/closes_at"))
        opens = json.loads(body_of("put-far-closes-at.json"))
        opens["opens_at"], opens["state"] = opens.pop("closes_at"), "scheduled"
        late = self.put("far", opens)
        self.assertEqual((late.status, late.json["pointer"]), (400, "/opens_at"))
        year = self.put("year", body_of("put-year-0000.json"))
        self.assertEqual((year.status, year.json["pointer"]), (400, "/opens_at"))

    def test_there_is_no_draw_yet(self):
        self.created("drawn", "ok", "--price", "Parquet=1")
        answer = self.node.admin("PATCH", "/events/drawn", body_of("patch-draw.json"))
        self.assertEqual(answer.status, 400)
        self.assertEqual(self.event("drawn")["state"], "scheduled")

    def test_a_plan_again_without_times_keeps_them(self):
        self.created("timed", "ok", "--price", "Parquet=1", "--closes-at", "2190-05-01T20:00:00Z")
        self.created("timed", "ok")
        self.assertEqual(self.event("timed")["closes_at"], "2190-05-01T20:00:00.000Z")

    # ---- reading plans ----

    def test_a_byte_order_mark_means_nothing(self):
        self.created("bom", "bom", *FREE)
        answer = self.put("bom-by-http", b"\xef\xbb\xbf" + b'{"plan": ' + body_of("plan-ok.json") + b"}")
        self.assertEqual(answer.status, 201, answer.body)

    def test_a_plan_of_an_editor_before_anybody_made_a_category(self):
        self.created("plain", "no-categories", "--price", "Standard=7", "--no-waiting-room", "--open")
        self.assertEqual(self.held("plain", "g-a-1")["total"]["amount"], 7)

    def test_faults_are_told_in_the_words_of_the_plan(self):
        self.refused("null-x", "Zone Ground, row A, seat 3 (g-a-3)", "x is not a number")
        self.refused("no-seat-number", "Zone Ground, row A", "g-a-2", "seat_number")
        self.refused("two-duplicates", "g-a-2", "g-a-4", "row A", "row B")
        self.refused("two-unknown-categories", "Balcon", "Loge")

    def test_a_name_that_is_too_long_is_refused_with_the_way_out(self):
        made, answer = self.refused("name-230", "200 bytes")
        self.assertIn("--name", made.stderr)
        self.assertEqual(answer.json["pointer"], "/plan/name")
        self.created("named", "name-230", "--name", "Given")

    def test_a_plan_without_a_name_has_one_answer(self):
        by_hand = self.created("nameless-a", "empty-name", *FREE)
        self.assertIn("nameless-a", by_hand.stdout)
        answer = self.put_plan("nameless-b", "empty-name")
        self.assertEqual((answer.status, answer.json["name"]), (201, "nameless-b"))
        self.assertEqual(self.event("nameless-a")["name"], "nameless-a")

    def test_a_zone_without_a_name_is_called_by_its_id(self):
        self.created("zone", "zone-without-name", *FREE)
        section = self.event("zone")["sections"][0]
        self.assertEqual((section["id"], section["name"]), ("ground", "ground"))

    def test_seats_that_look_alike_are_sold_with_a_warning(self):
        self.assertIn("row A, seat 1", self.created("alike", "equal-labels", *FREE).stderr)

    def test_unusual_names_are_shown_and_priced_exactly(self):
        self.created("unusual", "unicode", "--price", "Ложа ★=100", "--price", " Premium=7", "--no-waiting-room", "--open")
        held = self.buy("unusual", "место/1 \"~", "g-a-4")
        self.assertEqual([(seat["guid"], seat["row"], seat["number"], seat["category"], seat["price"]["amount"])
                          for seat in held["seats"]],
                         [("место/1 \"~", " A\u200b", "①", "Ложа ★", 100), ("g-a-4", " A\u200b", "4", " Premium", 7)])
        self.assertEqual(self.event("unusual")["sections"][0]["name"], "\"/~ Ложа")

    # ---- the best places ----

    def test_places_with_flags_come_last_and_together(self):
        self.created("flags", "flags", *FREE)
        given = [self.best("flags") for _ in range(4)]
        self.assertEqual(given[0], ["s-a-4", "s-a-5"])
        self.assertEqual(sorted(given[3]), ["s-a-2", "s-a-3"])
        self.created("flagged", "flags", *FREE)
        held = self.buy("flagged", "s-a-1", "s-a-2", "s-a-3")
        told = [["restricted_view"], ["accessible"], ["companion"]]
        self.assertEqual([seat.get("flags") for seat in held["seats"]], told)
        order = self.post("/v1/orders", {"hold": self.held("flagged", "s-a-5")["hold"], "payment": {"method": "card"}})
        self.assertNotIn("flags", order.json["seats"][0])

    def test_the_theatre_sells_to_pairs_until_nobody_can_sit_together(self):
        """Rows of it have two wheelchair places and their companions' seats in turn."""
        plan = json.loads((ROOT / "deploy/plans/theatre.json").read_text())
        flags = {seat["seat_guid"]: seat.get("flags", []) for zone in plan["zones"] for row in zone["rows"]
                 for seat in row["seats"] if seat["category"] == "First"}
        self.node.verb("event", "create", "theatre", "--plan", "theatre", "--price", "First=1", "--no-waiting-room",
                       "--max-per-buyer", "1000", "--open")
        pairs = []
        while (answer := self.hold("theatre", {"best": {"quantity": 2}})).status == 201:
            pairs.append(sorted(flag for seat in answer.json["seats"] for flag in flags.pop(seat["guid"])))
        self.assertEqual(answer.slug, "sold-out")
        self.assertEqual(len(flags), 1)
        self.assertEqual(pairs[-4:], [["accessible", "companion"]] * 4)
        self.assertFalse([pair for pair in pairs[:-4] if "accessible" in pair or "companion" in pair])

    def test_a_break_in_a_row_parts_its_neighbours(self):
        self.created("aisle", "segment-breaks", *FREE)
        self.held("aisle", "b-1", "b-2")
        self.assertEqual(self.best("aisle"), ["b-4", "b-5"])

    # ---- another plan in the middle of a sale ----

    def test_a_zone_may_get_another_name(self):
        self.created("screen", "rename-before", *FREE)
        self.buy("screen", "front-a-1")
        self.assertEqual(self.node.verb("event", "block", "screen", "--seat", "front-a-6").returncode, 0)
        self.created("screen", "rename-after")
        self.assertEqual(self.event("screen")["sections"][0]["name"], "Screen Lumen")
        self.counts_become("screen", sold=1, blocked=1)

    def test_zones_of_one_name_may_change_places(self):
        self.created("twins", "twins-before", *FREE)
        self.buy("twins", "l-a-1")
        answer = self.put_plan("twins", "twins-after")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(sum(section["sold"] for section in answer.json["sections"]), 1)
        self.assertEqual(self.hold("twins", {"seats": ["l-a-1"]}).slug, "seat-taken")

    def test_seats_do_not_become_a_floor_while_they_are_sold(self):
        self.created("turn", "floor-before", *FREE)
        self.buy("turn", "floor:1")
        self.held("turn", "floor:2")
        answer = self.put_plan("turn", "floor-after")
        self.assertEqual((answer.status, answer.slug), (409, "plan-in-use"))
        self.assertEqual(sorted(answer.json["seats"]), ["floor:1", "floor:2"])
        refused = self.create("turn", "floor-after")
        self.assertEqual(refused.returncode, 1)
        for seat in ("floor:1", "floor:2"):
            self.assertIn(seat, refused.stderr)
        self.counts_become("turn", free=1, held=1, sold=1)
        self.assertEqual(audit("turn", self.store)[1]["audit"], "ok")

    def test_a_restart_writes_nothing_about_a_section_that_is_sold_out(self):
        with tempfile.TemporaryDirectory(prefix="usher-system-") as folder:
            shared = type(self).node
            own = type(self).node = Node(f"sqlite:{folder}/sale.db", folder).start()
            try:
                type(self).token, before = own.call("POST", "/v1/sessions").json["token"], self.token
                self.created("two", "two-sections", *FREE)
                first = self.event("two")["sections"][0]
                guids = re.findall(r'"seat_guid": "([^"]*)"', body_of("plan-two-sections.json").decode())
                self.buy("two", *guids[:first["free"]])
                facts = []
                for _ in range(3):
                    own.stop()
                    with sqlite3.connect(f"file:{folder}/sale.db?mode=ro", uri=True) as store:
                        facts.append(store.execute("SELECT count(*) FROM journal").fetchone()[0])
                    own = type(self).node = Node(own.store, folder).start()
                    self.assertEqual(self.event("two")["state"], "open")
                self.assertEqual(len(set(facts)), 1, facts)
            finally:
                own.stop()
                type(self).node, type(self).token = shared, before

    # ---- HTTP ----

    def raw(self, text):
        """All that the node answers to these bytes until it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.node.http_port), timeout=20) as connection:
            connection.sendall(text)
            answer = b""
            while more := connection.recv(65536):
                answer += more
        return answer

    def test_an_unknown_transfer_encoding_gets_one_answer(self):
        for name in ("http-te-identity.txt", "http-te-two-lines.txt"):
            answer = self.raw(body_of(name))
            self.assertRegex(answer, rb"^HTTP/1.1 (400|501) ", name)
            self.assertEqual(answer.count(b"HTTP/1.1 "), 1, name)

    def test_a_trailer_authorizes_nobody(self):
        self.created("trailer", "ok", *FREE)
        request = body_of("http-trailer-authorization.txt").replace(b"EVENT", b"trailer").replace(b"TOKEN", self.token.encode())
        self.assertTrue(self.raw(request).startswith(b"HTTP/1.1 401 "))
        self.assertEqual(self.event("trailer")["sections"][0]["free"], 4)

    def test_a_content_type_is_read_as_http_says(self):
        for kind in ("Application/JSON", "application/json ; charset=utf-8"):
            self.assertEqual(self.node.call("POST", "/v1/sessions", "{}", {"Content-Type": kind}).status, 201, kind)

    # ---- nothing is forgotten ----

    def test_each_case_is_named_here(self):
        text = pathlib.Path(__file__).read_text()
        for file in CASES.iterdir():
            if file.suffix == ".md":
                continue
            name = file.stem.removeprefix("plan-") if file.name.startswith("plan-") else file.name
            self.assertIn(f'"{name}"', text, file.name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
