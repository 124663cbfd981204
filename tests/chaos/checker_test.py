#!/usr/bin/env python3
"""The checker finds what is wrong in records that were doctored, and nothing in the one that was not."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import checker
from history import History
from record import GRANTED, REFUSED, UNKNOWN, UNREACHED, read

HERE = pathlib.Path(__file__).resolve().parent
PRICE = {"amount": 4500, "currency": "EUR"}


class Story:
    """Writes a record, request by request, one second each."""

    def __init__(self, folder):
        self.folder, self.lines, self.now, self.count = pathlib.Path(folder), [], 100.0, 0
        self.charges = []

    def ask(self, what, buyer, outcome=GRANTED, answer=None, key=None, slug="", lasts_s=0.1, wish=None, **noted):
        self.count += 1
        n = f"crowd-{self.count}"
        self.lines.append({"is": "ask", "at": self.now, "n": n, "what": what, "via": "a", "over": "http", "buyer": buyer,
                           "key": key, "wish": wish or {}, **noted})
        answered = {"is": "answer", "at": self.now + lasts_s, "n": n, "outcome": outcome}
        self.lines.append({**answered, **({"answer": answer} if outcome == GRANTED else
                                          {"slug": slug, "problem": {"seats": (wish or {}).get("seats", [])}})})
        self.now += 1

    def hold(self, buyer, name, *seats, outcome=GRANTED, slug="", key=None, expires_in_s=60, **noted):
        answer = {"hold": f"gala~0~{name}", "seats": [{"guid": seat} for seat in seats],
                  "total": {**PRICE, "amount": 4500 * len(seats)}, "expires_in_s": expires_in_s}
        self.ask("hold", buyer, outcome, answer, key or f"key-{name}", slug, wish={"event": "gala", "seats": list(seats)}, **noted)

    def about_hold(self, what, buyer, name, **more):
        self.ask(what, buyer, answer={}, wish={"hold": f"gala~0~{name}"}, **more)

    def order(self, buyer, name, *seats, state="confirmed", what="order", **more):
        answer = {"order": f"gala~{name}", "hold": f"gala~0~{name}", "state": state, "seats": [{"guid": seat} for seat in seats],
                  "total": {**PRICE, "amount": 4500 * len(seats)}}
        wish = {"hold": f"gala~0~{name}"} if what == "order" else {"order": f"gala~{name}"}
        self.ask(what, buyer, answer=answer, wish=wish, key=f"paid-{name}" if what == "order" else None, **more)

    def charge(self, name, amount=4500, kind="charge"):
        self.charges.append(f"{kind} {name} {amount} EUR")

    def fault(self, phase):
        self.lines.append({"is": "fault", "at": self.now, "name": "sigkill", "phase": phase})

    def good_sale(self):
        """One who buys, one who is too late, one who cancels, one whose answer is lost, and a declined one."""
        self.hold("ann", "one", "block-1-1-1")
        self.hold("bob", "late", "block-1-1-1", outcome=REFUSED, slug="seat-taken")
        self.order("ann", "one", "block-1-1-1", state="charging")
        self.order("ann", "one", "block-1-1-1", what="read-order")
        self.charge("one")
        self.hold("cid", "two", "block-1-1-2")
        self.order("cid", "two", "block-1-1-2")
        self.charge("two")
        self.order("cid", "two", "block-1-1-2", what="cancel", state="cancelled")
        self.charge("two", kind="refund")
        self.order("cid", "two", "block-1-1-2", what="read-order", state="cancelled")
        self.hold("dan", "three", "block-1-1-3", outcome=UNKNOWN)
        self.hold("dan", "three", "block-1-1-3")
        self.about_hold("release", "dan", "three")
        self.hold("eve", "four", "block-1-1-3")
        self.order("eve", "four", "block-1-1-3", state="failed")
        self.order("eve", "four", "block-1-1-3", state="failed", what="read-order")
        return self

    def found(self):
        """The names of the checks that found something."""
        (self.folder / "crowd.jsonl").write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        (self.folder / "ledger").write_text("".join(line + "\n" for line in self.charges))
        found = checker.judge(History(read(self.folder)), self.folder / "ledger")
        return {name for name, sentences in found.items() if sentences}


class CheckerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.story = Story(folder.name)

    def test_a_good_sale_is_good(self):
        self.assertEqual(self.story.good_sale().found(), set())

    # ---- seats ----

    def test_a_seat_that_is_held_twice_is_found(self):
        self.story.good_sale().hold("fay", "five", "block-1-1-1")
        self.assertEqual(self.story.found(), {"no_seat_twice"})

    def test_a_seat_that_is_sold_twice_is_found(self):
        self.story.good_sale()
        self.story.hold("fay", "five", "block-1-1-1")
        self.story.order("fay", "five", "block-1-1-1")
        self.story.order("fay", "five", "block-1-1-1", what="read-order")
        self.story.charge("five")
        self.assertEqual(self.story.found(), {"no_seat_twice", "no_seat_sold_twice"})

    def test_a_seat_that_is_held_again_after_its_release_is_good(self):
        for name in ("one", "two", "three"):
            self.story.hold("ann", name, "block-1-1-1")
            self.story.about_hold("release", "ann", name)
        self.assertEqual(self.story.found(), set())

    def test_a_release_that_nobody_answered_may_have_happened(self):
        self.story.hold("ann", "one", "block-1-1-1")
        self.story.about_hold("release", "ann", "one", outcome=UNKNOWN)
        self.story.hold("bob", "two", "block-1-1-1")
        self.assertEqual(self.story.found(), set())

    def test_a_release_that_reached_nobody_has_not_happened(self):
        self.story.hold("ann", "one", "block-1-1-1")
        self.story.about_hold("release", "ann", "one", outcome=UNREACHED)
        self.story.hold("bob", "two", "block-1-1-1")
        self.assertEqual(self.story.found(), {"no_seat_twice"})

    def test_a_hold_that_ran_out_leaves_its_seat(self):
        self.story.hold("ann", "one", "block-1-1-1", expires_in_s=10)
        self.story.now += 20
        self.story.hold("bob", "two", "block-1-1-1")
        self.assertEqual(self.story.found(), set())

    def test_a_hold_that_is_lost_is_found(self):
        self.story.hold("ann", "one", "block-1-1-1")
        self.story.about_hold("read-hold", "ann", "one", outcome=REFUSED, slug="hold-expired")
        self.assertEqual(self.story.found(), {"no_hold_lost"})

    def test_a_hold_that_cannot_be_paid_before_its_end_is_found(self):
        self.story.hold("ann", "one", "block-1-1-1")
        self.story.about_hold("order", "ann", "one", outcome=REFUSED, slug="hold-expired")
        self.assertEqual(self.story.found(), {"no_hold_lost"})

    def test_a_repeat_that_is_another_hold_is_found(self):
        self.story.hold("ann", "one", "block-1-1-1", key="same")
        self.story.hold("ann", "two", "block-1-1-2", key="same")
        self.assertIn("one_key_one_hold", self.story.found())

    def test_other_seats_than_the_wished_ones_are_found(self):
        self.story.hold("ann", "one", "block-1-1-1")
        self.story.lines[0]["wish"]["seats"] = ["block-1-1-2"]
        self.assertEqual(self.story.found(), {"holds_are_what_was_wished"})

    def test_a_seat_that_is_refused_and_nobodys_is_found(self):
        self.story.hold("ann", "one", "block-1-1-1", outcome=REFUSED, slug="seat-taken")
        self.assertEqual(self.story.found(), {"no_refusal_in_vain"})

    def test_a_seat_whose_hold_ended_in_a_fault_may_be_refused_a_little_longer(self):
        self.story.hold("ann", "one", "block-1-1-1", expires_in_s=10)
        self.story.fault("begin")
        self.story.now += 40
        self.story.fault("healed")
        self.story.hold("bob", "two", "block-1-1-1", outcome=REFUSED, slug="seat-taken")
        self.assertEqual(self.story.found(), set())

    # ---- orders and money ----

    def test_an_order_that_is_lost_is_found(self):
        self.story.good_sale()
        self.story.ask("read-order", "ann", REFUSED, slug="not-found", wish={"order": "gala~one"})
        self.assertIn("no_order_lost", self.story.found())

    def test_an_order_that_nobody_reads_in_the_end_is_found(self):
        self.story.hold("ann", "one", "block-1-1-1")
        self.story.order("ann", "one", "block-1-1-1")
        self.assertIn("no_order_lost", self.story.found())

    def test_an_order_that_was_confirmed_and_failed_is_found(self):
        self.story.good_sale().order("ann", "one", "block-1-1-1", what="read-order", state="failed")
        self.assertIn("orders_only_go_on", self.story.found())

    def test_an_order_that_is_charged_twice_is_found(self):
        self.story.good_sale().charge("one")
        self.assertEqual(self.story.found(), {"charged_once"})

    def test_a_confirmed_order_that_is_not_paid_is_found(self):
        self.story.good_sale().charges.pop(0)
        self.assertEqual(self.story.found(), {"charged_once"})

    def test_a_failed_order_that_is_paid_is_found(self):
        self.story.good_sale().charge("four")
        self.assertEqual(self.story.found(), {"charged_once"})

    def test_a_charge_that_nobody_asked_for_is_found(self):
        self.story.good_sale().charge("nobodys")
        self.assertEqual(self.story.found(), {"charged_once"})

    # ---- limits and lines ----

    def test_more_than_the_limit_is_found(self):
        for number in range(7):
            self.story.hold("ann", f"h{number}", f"block-1-1-{number}")
        self.assertEqual(self.story.found(), {"limits_kept"})

    def test_as_much_as_the_limit_is_good(self):
        for number in range(6):
            self.story.hold("ann", f"h{number}", f"block-1-1-{number}")
        self.assertEqual(self.story.found(), set())

    def test_a_limit_that_has_leaked_is_found(self):
        self.story.ask("hold", "ann", REFUSED, key="exam-fits", slug="limit-exceeded", exam="fits", has=0,
                       wish={"section": "floor", "quantity": 6})
        self.assertEqual(self.story.found(), {"limits_exact"})

    def test_a_limit_that_was_forgotten_is_found(self):
        self.story.hold("ann", "fits", "floor:1", exam="fits", has=5)
        self.story.hold("ann", "exceeds", "floor:2", exam="exceeds", has=5)
        self.assertEqual(self.story.found(), {"limits_exact"})

    def test_a_lost_place_in_a_line_is_found(self):
        def join(buyer, number, given, **wish):
            self.story.ask("queue.join", buyer, answer={"state": "waiting", "number": number, "token": given}, wish=wish)
        join("ann", 1, "first")
        join("bob", 2, "second")
        join("ann", 1, "first again", token="first")
        self.assertEqual(self.story.found(), set())
        join("bob", 7, "second again", token="second")
        self.assertEqual(self.story.found(), {"places_kept"})

    # ---- the program ----

    def run_program(self, *words):
        return subprocess.run([sys.executable, str(HERE / "checker.py"), *words], capture_output=True, text=True)

    def test_the_program_says_what_is_violated_and_how_often(self):
        self.story.good_sale().charge("one", amount=0)
        self.story.found()
        done = self.run_program(str(self.story.folder), "--json")
        told = json.loads(done.stdout)
        self.assertEqual((done.returncode, told["verdict"], len(told["violations"])), (1, "violated", 1), done.stderr)
        self.story.charges.pop()
        self.story.found()
        self.assertEqual(self.run_program(str(self.story.folder)).returncode, 0)

    def test_wrong_usage_is_no_verdict(self):
        self.assertEqual(self.run_program("/nowhere").returncode, 2)

    def test_a_line_that_was_cut_off_is_left_out(self):
        self.story.good_sale().found()
        with open(self.story.folder / "crowd.jsonl", "a") as record:
            record.write('{"is":"ans')
        self.assertEqual(len(read(self.story.folder)), len(self.story.lines))


if __name__ == "__main__":
    unittest.main()
