"""What people get wrong at the command line and in settings is named, and changes nothing."""

import os
import pathlib
import re
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

from node_process import ADMIN_KEY, PROGRAM, Node, plan_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAN = plan_of({"stalls": (2, 5)})

WRONG_CONFIGURATIONS = {
    "a number without its unit": "http { heartbeat = 20 }",
    "a word for a number": "http { threads = many }",
    "a number for a truth": "log { json = 1 }",
    "a text for a list": 'http { trusted-proxies = "10.0.0.0/8" }',
    "a bracket too many": "}",
    "another format": "[http]",
    "no equals sign": "http { threads 3 }",
    "an open quote": 'node { store = "sqlite:x }',
    "out of bounds": "http { threads = 1000 }",
    "an unknown option": "http { colour = 3 }",
    "actors without a thread": "caf { scheduler { max-threads = 0 } }",
    "actors by an unknown policy": 'caf { scheduler { policy = "nope" } }',
}


class Verbs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.file = pathlib.Path(cls.folder.name) / "sale.db"
        cls.node = Node(f"sqlite:{cls.file}", cls.folder.name).start()
        cls.addClassCleanup(cls.node.stop)
        cls.node.create_event("play", PLAN, "--no-waiting-room")
        cls.node.create_event("over", PLAN, "--no-waiting-room")
        cls.node.verb("event", "close", "over")
        cls.node.create_event("shown", PLAN, "--no-waiting-room", "--open")

    def program(self, *arguments, key=None):
        environment = {name: text for name, text in os.environ.items() if name != "USHER_ADMIN_KEY"}
        if key:
            environment["USHER_ADMIN_KEY"] = key
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, env=environment,
                              cwd=self.folder.name)

    def event(self, method, path, body=None):
        return self.node.admin(method, f"/events/{path}", body)

    def test_a_wrong_configuration_stops_the_start_with_a_sentence(self):
        for what, text in WRONG_CONFIGURATIONS.items():
            with self.subTest(what):
                file = pathlib.Path(self.folder.name) / "wrong.conf"
                file.write_text(text + "\n")
                done = self.program("node", "--config", str(file), "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.startswith("usher: "), done.stderr)

    def test_a_folder_is_no_configuration(self):
        done = self.program("node", "--config", self.folder.name, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot be read", done.stderr)

    def test_a_store_that_is_none_is_wrong_usage_everywhere(self):
        for words in (["audit", "play"], ["demo", "--exit"], ["bench", "hold"], ["bench", "journal"], ["node"]):
            done = self.program(*words, "--store", "nowhere")
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("sqlite:FILE", done.stderr)

    def test_an_event_is_shown_with_how_it_is_sold(self):
        shown = self.node.verb("event", "show", "play").stdout
        self.assertIn("No waiting room", shown)
        self.assertIn("A hold lasts 300 s; a buyer may have 8 seats. "
                      "Who lets seats run out leaves these to others for 10 s.", shown)
        self.node.create_event("room", PLAN, "--rate", "50", "--max-shopping", "70")
        self.assertIn("50 people let in per second, at most 70 inside", self.node.verb("event", "show", "room").stdout)
        self.node.verb("event", "set", "room", "--rehold-pause", "0")
        self.assertIn("may hold them again at once", self.node.verb("event", "show", "room").stdout)

    def test_a_rate_without_a_waiting_room_is_said_to_change_nothing(self):
        self.assertIn("no waiting room", self.node.verb("event", "rate", "shown", "5").stderr)
        self.node.create_event("hall", PLAN, "--rate", "50")
        paced = self.node.verb("event", "rate", "hall", "5")
        self.assertEqual((paced.returncode, paced.stderr), (0, ""))
        self.assertIn("5 people let in per second", paced.stdout)

    def test_the_key_on_the_command_line_wins(self):
        place = ("--admin", f"http://127.0.0.1:{self.node.admin_port}")
        for verb in (["list"], ["show", "shown"], ["report", "shown"], ["rate", "shown", "7"], ["open", "shown"],
                     ["set", "shown", "--hold-ttl", "299"]):
            right = self.program("event", *verb, *place, "--admin-key", ADMIN_KEY, key="wrong")
            self.assertEqual(right.returncode, 0, right.stderr)
            wrong = self.program("event", *verb, *place, "--admin-key", "wrong", key=ADMIN_KEY)
            self.assertEqual(wrong.returncode, 1, verb)
            self.assertIn("--admin-key", wrong.stderr)

    def test_going_on_begins_no_sale(self):
        refused = self.node.verb("event", "resume", "play")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("usher event open play", refused.stderr)
        self.assertEqual(self.event("GET", "play").json["state"], "scheduled")
        for verb, state in (("pause", "paused"), ("resume", "open")):
            self.assertEqual(self.node.verb("event", verb, "shown").returncode, 0)
            self.assertEqual(self.event("GET", "shown").json["state"], state)

    def test_settings_with_a_state_that_cannot_be_change_nothing(self):
        before = self.event("GET", "over").json
        refused = self.event("PUT", "over", {"state": "open", "hold_ttl_s": 777, "name": "Changed"})
        self.assertEqual(refused.status, 400)
        self.assertIn("closed cannot become open", refused.json["detail"])
        self.assertEqual(self.event("GET", "over").json, before)
        self.assertEqual(self.event("PUT", "fresh", {"state": "paused", "plan": PLAN}).status, 400)
        self.assertEqual(self.event("GET", "fresh").status, 404)

    def test_what_is_missing_or_wrong_is_named(self):
        nothing = self.node.verb("event", "block", "shown")
        self.assertEqual(nothing.returncode, 2)
        self.assertIn("--seat", nothing.stderr)
        for words in (["frob"], ["event", "frob"], ["bench", "frob"]):
            unknown = self.program(*words)
            self.assertEqual(unknown.returncode, 2)
            self.assertIn("frob", unknown.stderr)
        plan = pathlib.Path(self.folder.name) / "play.json"
        currency = self.node.verb("event", "create", "play", "--plan", str(plan), "--currency", "euro")
        self.assertEqual(currency.returncode, 1)
        self.assertIn("/currency", currency.stderr)

    def test_an_audit_makes_no_store(self):
        nowhere = pathlib.Path(self.folder.name) / "none.db"
        done = self.program("audit", "play", "--store", f"sqlite:{nowhere}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no store", done.stderr)
        self.assertFalse(nowhere.exists())

    def test_a_server_that_fails_while_a_session_is_set_up_is_out_of_reach(self):
        """Such as one that has no memory left: it lets people in and answers everything with an error."""
        def message(kind, body):
            return kind + struct.pack("!I", len(body) + 4) + body

        def receive(connection, size):
            data = b""
            while len(data) < size:
                more = connection.recv(size - len(data))
                if not more:
                    raise EOFError
                data += more
            return data

        def body_of(connection):
            return receive(connection, struct.unpack("!I", receive(connection, 4))[0] - 4)

        def serve(listener):
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        # Requests for encryption come first; each is refused.
                        while struct.unpack("!I", body_of(connection)[:4])[0] in (80877103, 80877104):
                            connection.sendall(b"N")
                        greeting = message(b"R", struct.pack("!I", 0))
                        for name, value in ((b"server_version", b"15.4"), (b"client_encoding", b"UTF8"),
                                            (b"server_encoding", b"UTF8"), (b"standard_conforming_strings", b"on")):
                            greeting += message(b"S", name + b"\0" + value + b"\0")
                        ready = message(b"Z", b"I")
                        connection.sendall(greeting + message(b"K", struct.pack("!II", 1, 1)) + ready)
                        while receive(connection, 1) != b"X":
                            body_of(connection)
                            error = b"SERROR\0VERROR\0C53200\0Mout of memory\0\0"
                            connection.sendall(message(b"E", error) + ready)
                    except EOFError:
                        pass

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            port = listener.getsockname()[1]
            done = self.program("audit", "opera", "--store", f"postgres://usher@127.0.0.1:{port}/db")
            listener.shutdown(socket.SHUT_RDWR)
        self.assertIn("out of memory", done.stderr)
        self.assertGreaterEqual(done.returncode, 1, "a signal ended it")

    def test_the_pages_for_operators_name_every_metric(self):
        """Those of a cluster stand on its own page; a node that is alone has some of them, too (operators_test has all)."""
        def names(page):
            return set(re.findall(r"`(usher_\w+)(?:\{\w+\})?`", (ROOT / "docs/operating" / page).read_text()))

        operator = {"Authorization": f"Bearer {ADMIN_KEY}"}
        shown = self.node.call("GET", "/metrics", headers=operator, port=self.node.admin_port).body.decode()
        shown = set(re.findall(r"^# HELP (usher_\w+)", shown, re.M))
        self.assertEqual(names("running.md"), {name for name in shown if not name.startswith("usher_cluster_")})
        self.assertLessEqual(shown, names("running.md") | names("cluster.md"))

    def test_nobody_else_may_read_the_store(self):
        for file in (self.file, self.file.with_name("sale.db-wal"), self.file.with_name("sale.db-shm")):
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file)

    def test_the_key_of_a_refused_hold_is_free_again(self):
        first, second = (self.node.call("POST", "/v1/sessions", {}).json["token"] for _ in range(2))
        wish = {"seats": ["stalls-1-1"]}

        def hold(token, key):
            return self.node.call("POST", "/v1/events/shown/holds", wish,
                                  {"Authorization": f"Bearer {token}", "Idempotency-Key": key})

        held = hold(first, "a")
        self.assertEqual(held.status, 201)
        self.assertEqual(hold(second, "b").status, 409)
        gone = self.node.call("DELETE", f"/v1/holds/{held.json['hold']}", None, {"Authorization": f"Bearer {first}"})
        self.assertEqual(gone.status, 204)
        self.assertEqual(hold(second, "b").status, 201)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
