"""`./dev cluster` sells through its balancer, and leaves nothing behind when it is ended."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from node_process import ADMIN_KEY, PROGRAM, ROOT, audit, await_true

SCRIPT = ROOT / "deploy/local/cluster.py"


@unittest.skipUnless(shutil.which("haproxy"), "haproxy is not installed")
class LocalCluster(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)  # PostgreSQL's account has a folder of its own in it

    def begin(self, nodes=2):
        """What they need for a while is below `self.folder`; what is said, in `self.lines`."""
        self.lines, self.said = [], threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, str(nodes)], env={**os.environ, "TMPDIR": str(self.folder), "USHER_PROGRAM": PROGRAM},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.addCleanup(self.process.stdout.close)
        reader = threading.Thread(target=self.read)
        reader.start()
        self.addCleanup(reader.join)
        self.addCleanup(self.kill_all)

    def await_addresses(self):
        self.buyers, self.operators = (self.await_line(rf"in front .*{who} (https://\S+)")
                                       for who in ("buyers", "operators"))
        self.authority = self.await_line(r"authority +(\S+)")
        self.trusted = ssl.create_default_context(cafile=self.authority)

    def read(self):
        for line in self.process.stdout:
            with self.said:
                self.lines.append(line)
                self.said.notify_all()

    def await_line(self, pattern, within_s=120):
        """The part that the pattern's group matches, once a line of what it says does."""
        def found():
            return next((match for line in self.lines if (match := re.search(pattern, line))), None)
        with self.said:
            match = self.said.wait_for(lambda: found() or self.process.poll() is not None, within_s) and found()
        self.assertTrue(match, (pattern, "".join(self.lines)))
        return match[1]

    def processes(self):
        """All that it has started, and what these have: they know its folder from their environment."""
        mark, living = f"TMPDIR={self.folder}".encode(), set()
        for place in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    living.add(int(place.name))
        return living

    def kill_all(self):
        """Of a story that went wrong."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()

    def end(self, send, number):
        """By this signal, sent by `send`. It ends by itself, and nothing is left of it."""
        send(self.process.pid, number)
        self.assertEqual(self.process.wait(60), 0, "".join(self.lines))
        await_true(lambda: not self.processes(), 5, "no process of it is left")
        self.assertEqual(os.listdir(self.folder), [])
        self.assertNotIn("Traceback", "".join(self.lines))

    # ---- what there is ----

    def call(self, path, body=None, **headers):
        """A POST if there is a body, through the balancer."""
        request = urllib.request.Request(self.buyers + path, None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request, context=self.trusted, timeout=20) as answer:
            return json.load(answer)

    def knows(self, node, event):
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(f"{node}/v1/events/{event}") as answer:
            return answer.status == 200

    def usher(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments, "--admin", self.operators, "--ca", self.authority],
                              env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY}, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    # ---- stories ----

    def test_it_sells_through_the_balancer_and_control_c_ends_all(self):
        self.begin()
        self.await_addresses()
        self.assertEqual(self.call("/v1/events/gala")["state"], "open")
        self.usher("event", "create", "play", "--plan", str(ROOT / "deploy/plans/theatre.json"), "--no-waiting-room", "--open",
                   *(f"--price={category}=4500" for category in ("Premium", "First", "Second", "Third")))
        for name in ("a", "b"):
            node = self.await_line(rf"node {name} +buyers (http://\S+)")
            await_true(lambda: self.knows(node, "play"), 10, f"{name} knows the event")
        buyer = {"Authorization": "Bearer " + self.call("/v1/sessions", {})["token"]}
        for number in range(4):  # by either node
            held = self.call("/v1/events/play/holds", {"best": {"quantity": 1}}, **buyer)
            order = self.call("/v1/orders", {"hold": held["hold"], "payment": {"method": "sandbox-succeeds"}}, **buyer,
                              **{"Idempotency-Key": str(number)})
            self.assertEqual(order["event"], "play")
        await_true(lambda: json.loads(self.usher("event", "report", "play", "--json"))["totals"]["sold"] == 4, 20,
                   "all orders are paid for")
        code, report = audit("play", self.await_line(r"store +(\S+)"))
        self.assertEqual((code, report["audit"], report["totals"]["sold"]), (0, "ok", 4), report)
        # The script, PostgreSQL, two nodes, and of HAProxy one at least.
        self.assertGreaterEqual(len(self.processes()), 5)
        self.end(os.killpg, signal.SIGINT)  # as a terminal does

    def sell_while(self, happens):
        """A demo through the balancer; `happens`, with the process of the node that the event has its home at, is called in
        the middle of it."""
        self.begin(nodes=3)
        self.await_addresses()
        demo = subprocess.Popen(
            [PROGRAM, "demo", "--connect", self.buyers, "--admin", self.operators, "--ca", self.authority, "--plan", "theatre",
             "--buyers", "1500", "--rate", "60", "--exit", "--json"], env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(demo.kill)
        await_true(lambda: self.sold("demo") >= 40, 60, "the demo sells")
        home = self.home_of("demo")
        happens(home, int(self.await_line(rf"node {home} .*process (\d+)")))
        self.assertIsNone(demo.poll(), "the demo goes on")
        said, complaints = demo.communicate(timeout=240)
        self.assertEqual(demo.returncode, 0, said + complaints[-4000:])
        figures = json.loads(said)
        print(f"sold {figures['sold']}, not answered: {figures['errors']}")
        self.assertEqual(figures["audit"], "ok")
        self.assertGreater(figures["sold"], 40)
        self.end(os.killpg, signal.SIGINT)

    def sold(self, event):
        with contextlib.suppress(AssertionError):  # it is not there yet
            return json.loads(self.usher("event", "report", event, "--json"))["totals"]["sold"]
        return 0

    def home_of(self, event):
        [found] = [one for one in json.loads(self.usher("cluster", "status", "--json"))["events"] if one["event"] == event]
        return found["homes"]["event"]

    def test_a_demo_goes_on_when_a_node_is_killed(self):
        self.sell_while(lambda _, process: os.kill(process, signal.SIGKILL))

    def test_a_demo_goes_on_when_a_node_stands_still_for_a_while(self):
        def stop_and_continue(_, process):
            os.kill(process, signal.SIGSTOP)
            threading.Event().wait(10)  # for as long it stands still
            os.kill(process, signal.SIGCONT)
        self.sell_while(stop_and_continue)

    def test_a_demo_goes_on_when_a_node_is_drained(self):
        self.sell_while(lambda name, _: self.usher("cluster", "drain", name, "--wait", "--within", "20"))

    def test_it_can_be_ended_while_it_starts(self):
        self.begin()
        self.await_line("» (node b)")
        self.end(os.kill, signal.SIGTERM)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
