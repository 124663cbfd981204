"""Every log line that one request has caused carries the request's id, for people and as JSON."""

import json
import os
import pathlib
import sys
import time
import unittest

from node_process import Node, plan_of
from story import Story


class Trace(Story):
    def start(self, *options):
        self.work = self.folder()
        node = Node(f"sqlite:{self.work}/usher.db", self.work, ["--log-level", "debug", *options]).start()
        self.addCleanup(node.stop)
        node.create_event("duet", plan_of({"stalls": (2, 5)}), "--no-waiting-room", "--open")
        self.token = node.call("POST", "/v1/sessions", {}).json["token"]
        return node

    def post(self, node, path, body, key):
        return node.call("POST", path, body, {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key})

    def order_of(self, node, seat, key):
        held = self.post(node, "/v1/events/duet/holds", {"seats": [seat]}, f"hold-{key}")
        self.assertEqual(held.status, 201, held.body)
        answer = self.post(node, "/v1/orders", {"hold": held.json["hold"], "payment": {"method": "card"}}, key)
        self.assertIn(answer.status, (201, 202), answer.body)
        return answer.json["order"], answer.headers["Usher-Request-Id"]

    def lines(self, node, *words):
        """The log's lines that have all these words."""
        text = pathlib.Path(node.log.name).read_text(errors="replace")
        return [line for line in text.splitlines() if all(word in line for word in words)]

    def await_line(self, node, *words, within_s=30):
        deadline = time.monotonic() + within_s
        while not self.lines(node, *words):
            if time.monotonic() > deadline:
                raise AssertionError(f"no line with {words} within {within_s} s:\n{node.output()}")
            time.sleep(0.02)  # a file cannot be waited for, only polled

    def break_provider(self, node):
        """From now on every call of the sandbox fails, until `repair_provider`."""
        self.ledger_bytes = node.ledger.stat().st_size
        with open(node.ledger, "ab") as ledger:
            ledger.write(b"nonsense\n")

    def repair_provider(self, node):
        os.truncate(node.ledger, self.ledger_bytes)

    def check_order_lines(self, node, about="[{}] "):
        """`about` is what a line about a request has right before its text."""
        self.break_provider(node)
        order, request = self.order_of(node, "stalls-1-1", "broken")
        begin = about.format(request)
        start = f"{begin}order {order}"
        self.await_line(node, start, "what became of its charge is unknown", "a line is not")
        self.repair_provider(node)
        self.await_line(node, start, "is confirmed")
        self.assertTrue(self.lines(node, f"{begin}POST /v1/orders"), node.output())
        for words in ("its checkout begins", "is charging", "is charged"):
            self.assertTrue(self.lines(node, start, words), f"{words}:\n{node.output()}")
        for line in self.lines(node, order):
            self.assertIn(begin, line)
        return request

    async def test_an_order_whose_provider_fails_is_followed_by_the_id_of_its_request(self):
        self.check_order_lines(self.start())

    async def test_as_json_the_id_is_a_member_of_the_same_lines(self):
        node = self.start("--log-json")
        request = self.check_order_lines(node, about='"request":"{}","message":"')
        entries = [json.loads(line) for line in self.lines(node, request)]
        self.assertGreaterEqual(len(entries), 6)
        for entry in entries:
            self.assertEqual(entry["request"], request)
        self.assertEqual({entry["logger"] for entry in entries}, {"gateway", "actors"})

    async def test_a_refused_hold_says_so_under_the_id_of_its_request(self):
        node = self.start()
        self.order_of(node, "stalls-1-1", "first")
        taken = self.post(node, "/v1/events/duet/holds", {"seats": ["stalls-1-1"]}, "second")
        self.assertEqual(taken.slug, "seat-taken")
        request = taken.headers["Usher-Request-Id"]
        self.assertTrue(self.lines(node, f"[{request}]", "duet/0 refuses hold", "Somebody else was faster"), node.output())

    async def test_after_a_crash_the_lines_of_an_order_carry_its_name(self):
        node = self.start()
        self.break_provider(node)
        order, request = self.order_of(node, "stalls-1-1", "broken")
        self.await_line(node, f"[{request}]", "what became of its charge is unknown")
        node.kill()
        self.repair_provider(node)
        before = len(self.lines(node, order))
        node.start()
        self.await_line(node, f"order {order} is confirmed")
        for line in self.lines(node, order)[before:]:
            self.assertNotIn(request, line)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
