"""Bad input gets its problem and changes nothing."""

import asyncio
import base64
import copy
import json
import sys
import tempfile
import unittest

import websockets

from buyer import Buyer, Problem
from node_process import Node, audit, plan_of
from story import postgres_store, sqlite_store

PLAN = plan_of({"stalls": (4, 10)})


def forged(token):
    """The same claims under another signature, and with no signature at all."""
    head, claims, _ = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return [f"{head}.{claims}.{'A' * 43}", f"{none}.{claims}.", "x", "a.b.c", "A" * 5000]


class BadInput:
    """One node for all of it: nothing of this leaves a trace."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.store = cls.store_in(cls.folder.name, cls.addClassCleanup)
        cls.node = Node(cls.store, cls.folder.name).start()
        cls.addClassCleanup(cls.node.stop)
        cls.node.create_event("play", PLAN, "--no-waiting-room", "--open")
        cls.node.create_event("queue", PLAN, "--rate", "1000", "--open")

    def tearDown(self):
        for event in ("play", "queue"):
            for section in self.node.get(f"/v1/events/{event}").json["sections"]:
                self.assertEqual((section["free"], section["held"], section["sold"]), (40, 0, 0))
            code, report = audit(event, self.store)
            self.assertEqual((code, report["audit"]), (0, "ok"), report)

    def token(self):
        return self.node.call("POST", "/v1/sessions", {}).json["token"]

    def post(self, path, body, token, **headers):
        sent = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.node.call("POST", path, body, sent)

    def assert_problem(self, answer, status, slug):
        self.assertEqual((answer.status, answer.slug), (status, slug), answer.body)
        self.assertEqual(answer.headers["Content-Type"].split(";")[0], "application/problem+json")
        for member in ("type", "title", "status", "detail"):
            self.assertIn(member, answer.json)

    async def test_broken_bodies_are_refused(self):
        token = self.token()
        for body in (b"{", b"[]", b"null", b"\xff\xfe", b'{"seats": "stalls-1-1"}', b'{"seats": [1]}', b'{"seats": []}',
                     b'{"section": "stalls", "quantity": "two"}', b'{"best": {"quantity": -1}}', b"{}",
                     b'{"best": {"quantity": 1e99}}', b"[" * 10000):
            self.assert_problem(self.post("/v1/events/play/holds", body, token), 400, "bad-request")

    async def test_unknown_things_are_not_found(self):
        token = self.token()
        self.assert_problem(self.post("/v1/events/play/holds", {"seats": ["nowhere-1-1"]}, token), 404, "not-found")
        self.assert_problem(self.post("/v1/events/none/holds", {"seats": ["stalls-1-1"]}, token), 404, "not-found")
        for path in ("/v1/events/none", "/v1/events/play/sections/none/seats", "/v1/holds/x", "/v1/nothing", "/"):
            answer = self.node.get(path, headers={"Authorization": f"Bearer {token}"})
            self.assert_problem(answer, 404, "not-found")

    async def test_forged_and_missing_tokens_are_unauthorized(self):
        for token in forged(self.token()):
            self.assert_problem(self.post("/v1/events/play/holds", {"seats": ["stalls-1-1"]}, token), 401, "unauthorized")
            with self.assertRaises((Problem, ConnectionError)) as refused:
                await Buyer(self.node).open(token)
            if isinstance(refused.exception, Problem):
                # Some are not even texts that could be a token.
                self.assertIn(refused.exception.slug, ("unauthorized", "bad-request"))
        answer = self.node.call("POST", "/v1/events/play/holds", {"seats": ["stalls-1-1"]})
        self.assert_problem(answer, 401, "unauthorized")

    async def test_nobody_gets_in_without_a_pass_or_with_a_forged_one(self):
        token = self.token()
        for headers in [{}, *({"Usher_Pass": text} for text in forged(token)), {"Usher_Pass": token}]:
            answer = self.post("/v1/events/queue/holds", {"seats": ["stalls-1-1"]}, token, **headers)
            self.assert_problem(answer, 403, "not-admitted")

    async def test_a_body_that_is_too_large_is_refused(self):
        answer = self.post("/v1/events/play/holds", b" " * (2 << 20), self.token())
        self.assert_problem(answer, 413, "payload-too-large")

    async def test_bad_frames_get_a_problem_or_the_closing_of_the_connection(self):
        buyer = await Buyer(self.node).open()
        for kind, members in (("hold", {}), ("hold", {"event": 5}), ("hold", {"event": "play", "seats": ["x"] * 5000}),
                              ("dance", {}), ("release", {"hold": []}), ("order", {"hold": "x"}),
                              ("seats.watch", {"event": "play"})):
            with self.assertRaises(Problem) as refused:
                await buyer.ask(kind, **members)
            self.assertIn(refused.exception.slug, {"bad-request", "not-found"}, kind)
        await buyer.close()
        for text, code in (("no json", 4000), (b"\x00\x01", 4000), (json.dumps({"type": "x" * 200000}), 4002)):
            buyer = await Buyer(self.node).open()
            await buyer.socket.send(text)
            await asyncio.wait_for(buyer.socket.wait_closed(), 30)
            self.assertEqual(buyer.socket.close_code, code)

    async def test_the_sub_protocol_is_required(self):
        with self.assertRaises(websockets.InvalidHandshake):
            await websockets.connect(self.node.websocket_url())

    async def test_broken_plans_are_refused_with_the_place(self):
        twice = copy.deepcopy(PLAN)
        twice["zones"][0]["rows"][0]["seats"][1]["seat_guid"] = "stalls-1-1"
        unknown = copy.deepcopy(PLAN)
        unknown["zones"][0]["rows"][2]["seats"][3]["category"] = "None such"
        for plan, pointer in ((twice, "/zones/0/rows/0/seats/1/seat_guid"), (unknown, "/zones/0/rows/2/seats/3/category")):
            file = f"{self.folder.name}/broken.json"
            with open(file, "w") as out:
                json.dump(plan, out)
            refused = self.node.verb("event", "create", "broken", "--plan", file)
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertIn(pointer, refused.stdout + refused.stderr)
        self.assertEqual(self.node.get("/v1/events/broken").status, 404)

    async def test_the_operators_port_wants_its_key(self):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
            answer = self.node.call("PATCH", "/admin/v1/events/play", {"state": "closed"}, headers, self.node.admin_port)
            self.assert_problem(answer, 401, "unauthorized")
        self.assertEqual(self.node.get("/admin/v1/events/play").status, 404)


class BadInputOnSqlite(BadInput, unittest.IsolatedAsyncioTestCase):
    store_in = staticmethod(sqlite_store)


class BadInputOnPostgres(BadInput, unittest.IsolatedAsyncioTestCase):
    store_in = staticmethod(postgres_store)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
