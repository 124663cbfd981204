"""What a shop meets when it creates and changes events: what it says is kept, and nothing is given away by accident."""

import json
import pathlib
import tempfile
import unittest

from node_process import Node, plan_of

TWO = plan_of({"stalls": (1, 2), "gallery": (1, 2)}, ("Standard", "Gallery"))
for place in TWO["zones"][1]["rows"][0]["seats"]:
    place["category"] = "Gallery"

UNUSUAL = {
    "name": "Little Hall",
    "categories": [{"name": "Ложа ★"}, {"name": " Premium"}],
    "zones": [{"name": "\"/~ Ложа", "zone_id": "ground", "position": {"x": 0, "y": 0}, "rows": [
        {"row_number": " A\u200b", "seats": [
            {"seat_guid": "место/1 \"~", "seat_number": "①", "position": {"x": 0, "y": 0}, "category": "Ложа ★"},
            {"seat_guid": "g-a-2", "seat_number": "2", "position": {"x": 1, "y": 0}, "category": " Premium"}]}]}],
}


class Shop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.node = Node(f"sqlite:{cls.folder.name}/sale.db", cls.folder.name).start()
        cls.addClassCleanup(cls.node.stop)
        cls.token = cls.node.call("POST", "/v1/sessions").json["token"]

    def put(self, event, **body):
        return self.node.admin("PUT", f"/events/{event}", body)

    def create(self, event, plan, *options):
        file = pathlib.Path(self.folder.name) / f"{event}.json"
        file.write_text(json.dumps(plan, ensure_ascii=False))
        return self.node.verb("event", "create", event, "--plan", str(file), *options)

    def buy(self, event, wish, key):
        """The hold and the order, or the problem that stands in the way."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"{event}-{key}"}
        held = self.node.call("POST", f"/v1/events/{event}/holds", wish, headers)
        if held.status != 201:
            return held, None
        headers["Idempotency-Key"] += "-paid"
        order = {"hold": held.json["hold"], "payment": {"method": "sandbox-succeeds"}}
        return held, self.node.call("POST", "/v1/orders", order, headers)

    def test_a_category_without_a_price_is_not_sold_and_one_at_0_is(self):
        made = self.create("unpriced", TWO, "--price", "Standard=0350", "--no-waiting-room", "--open")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("no price and are not for sale: Gallery", made.stderr)
        self.assertIn("3.50 EUR", made.stdout)
        for wish in ({"seats": ["gallery-1-1"]}, {"best": {"quantity": 1, "category": "Gallery"}}):
            refused, _ = self.buy("unpriced", wish, "a")
            self.assertEqual((refused.status, refused.slug), (409, "not-for-sale"))
        held, order = self.buy("unpriced", {"best": {"quantity": 2}}, "b")
        self.assertEqual({seat["section"] for seat in held.json["seats"]}, {"stalls"})
        self.assertEqual(held.json["total"], {"amount": 700, "currency": "EUR"})
        self.assertIn(order.status, (201, 202))
        self.assertEqual(self.buy("unpriced", {"best": {"quantity": 1}}, "c")[0].slug, "sold-out")
        shown = self.node.get("/v1/events/unpriced").json
        self.assertIsNone(shown["categories"][1]["price"])
        self.assertEqual(self.node.admin("PATCH", "/events/unpriced", {"prices": {"Gallery": 0}}).status, 200)
        self.assertEqual(self.buy("unpriced", {"seats": ["gallery-1-1"]}, "d")[0].json["total"]["amount"], 0)

    def test_no_sale_opens_without_a_price(self):
        refused = self.put("bare", plan=TWO, state="open", waiting_room=False)
        self.assertEqual((refused.status, refused.json["pointer"]), (400, "/prices"))
        self.assertEqual(self.node.get("/v1/events/bare").status, 404)
        self.assertEqual(self.put("bare", plan=TWO).status, 201)
        later = self.node.admin("PATCH", "/events/bare", {"state": "open"})
        self.assertEqual((later.status, later.json["pointer"]), (400, "/prices"))

    def test_a_new_name_changes_the_name(self):
        self.assertEqual(self.create("gala", TWO, "--price", "Standard=8500", "--no-waiting-room", "--max-per-buyer", "02",
                                     "--closes-at", "2190-05-01T20:00:00+02:00", "--open").returncode, 0)
        before = self.node.admin("GET", "/events/gala").json
        renamed = self.put("gala", name="Gala Night")
        self.assertEqual(renamed.status, 200)
        self.assertEqual(self.node.admin("GET", "/events/gala").json, {**before, "name": "Gala Night"})
        self.assertEqual(self.create("gala", TWO).returncode, 0)
        self.assertEqual(self.node.admin("GET", "/events/gala").json, {**before, "name": "Gala Night"})
        self.assertEqual(before["max_seats_per_buyer"], 2)
        self.assertEqual(before["closes_at"], "2190-05-01T18:00:00.000Z")

    def test_the_answer_to_a_new_plan_counts_what_is_sold(self):
        self.assertEqual(self.create("moved", TWO, "--price", "Standard=1", "--no-waiting-room", "--open").returncode, 0)
        self.assertEqual(self.buy("moved", {"seats": ["stalls-1-1"]}, "a")[0].status, 201)
        larger = json.loads(json.dumps(TWO))
        larger["zones"][0]["rows"][0]["seats"].append({**larger["zones"][0]["rows"][0]["seats"][0],
                                                       "seat_guid": "stalls-1-3", "seat_number": "3"})
        stalls, gallery = self.put("moved", plan=larger).json["sections"]
        self.assertEqual((stalls["free"], stalls["held"] + stalls["sold"], gallery["free"]), (2, 1, 2))

    def test_unusual_names_are_shown_and_priced_exactly(self):
        made = self.create("unusual", UNUSUAL, "--price", "Ложа ★=100", "--price", " Premium=7", "--no-waiting-room",
                           "--currency", "KWD", "--open")
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        self.assertIn("0.100 KWD", made.stdout)
        held, _ = self.buy("unusual", {"seats": ["место/1 \"~", "g-a-2"]}, "a")
        self.assertEqual(held.status, 201, held.body)
        first, second = held.json["seats"]
        self.assertEqual((first["guid"], first["row"], first["number"], first["category"]),
                         ("место/1 \"~", " A\u200b", "①", "Ложа ★"))
        self.assertEqual((first["price"]["amount"], second["price"]["amount"]), (100, 7))
        event = self.node.get("/v1/events/unusual").json
        self.assertEqual([category["name"] for category in event["categories"]], ["Ложа ★", " Premium"])
        self.assertEqual(event["sections"][0]["name"], "\"/~ Ложа")

    def test_a_node_says_that_no_real_money_moves(self):
        self.assertIn("The sandbox takes every payment and moves no money", pathlib.Path(self.node.log.name).read_text(errors="replace"))


if __name__ == "__main__":
    unittest.main()
