"""Behind HAProxy, with the configuration in deploy/haproxy, people buy over TLS, and a node that is not ready is left out."""

import contextlib
import http.client
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

from front import Authority, Front
from node_process import ADMIN_KEY, PROGRAM, Node, audit, plan_of

# The whole crowd comes from one address, as far as the front can tell.
BEHIND_A_FRONT = """
http { trusted-proxies = ["127.0.0.1"] }
rate-limit { address-per-s = 100000, address-burst = 100000 }
"""


class Mirror(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked, and remembers it."""

    protocol_version = "HTTP/1.1"
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        body = json.dumps({"path": self.path, "headers": [list(each) for each in self.headers.items()]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # health checks want the status only
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class BehindAFront(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.authority = Authority(self.folder)
        self.certificate = self.authority.issue("DNS:localhost,IP:127.0.0.1")

    def node(self, at=None):
        """Started; in the place of `at`, if that was there before."""
        node = Node(f"sqlite:{self.folder}/usher.db", self.folder, config=BEHIND_A_FRONT)
        if at:
            node.http_port, node.admin_port = at.http_port, at.admin_port
        self.addCleanup(node.stop)
        return node.start()

    def front(self, http_port, admin_port):
        front = Front(self.certificate, [(http_port, admin_port)]).start()
        self.addCleanup(front.stop)
        return front

    def usher(self, *arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY}, cwd=self.folder)

    def get(self, front, path, headers=()):
        trusting = ssl.create_default_context(cafile=self.authority.file)
        connection = http.client.HTTPSConnection("localhost", front.https_port, timeout=20, context=trusting)
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def test_a_crowd_buys_over_tls_and_the_audit_agrees(self):
        node = self.node()
        front = self.front(node.http_port, node.admin_port)
        sold = self.usher("demo", "--connect", front.url(), "--ca", self.authority.file, "--admin", front.operators_url(),
                          "--plan", "theatre", "--buyers", "150", "--rate", "150", "--exit", "--json")
        self.assertEqual(sold.returncode, 0, sold.stdout + sold.stderr + node.output())
        figures = json.loads(sold.stdout)
        self.assertEqual((figures["audit"], figures["errors"], figures["joined"]), ("ok", {}, 150))
        for name in ("held", "orders", "sold", "revenue"):
            self.assertGreater(figures[name], 0, name)
        code, report = audit("demo", node.store)
        self.assertEqual((code, report["audit"], report["totals"]["sold"]), (0, "ok", figures["sold"]))

    def test_who_is_not_believed_gets_no_key_and_the_reason_is_said(self):
        node = self.node()
        front = self.front(node.http_port, node.admin_port)
        os.mkdir(f"{self.folder}/strangers")
        other = Authority(f"{self.folder}/strangers")
        for host in ("localhost", "127.0.0.1"):
            right = self.usher("event", "list", "--admin", front.operators_url(host), "--ca", self.authority.file)
            self.assertEqual(right.returncode, 0, right.stderr)
            for wrong in ((), ("--ca", other.file)):
                refused = self.usher("event", "list", "--admin", front.operators_url(host), *wrong)
                self.assertEqual(refused.returncode, 3, refused.stdout)
                self.assertIn("its certificate is not trusted here", refused.stderr)
                self.assertIn("--ca FILE", refused.stderr)
        demo = self.usher("demo", "--connect", front.url(), "--ca", other.file, "--admin",
                          f"http://127.0.0.1:{node.admin_port}", "--plan", "theatre", "--buyers", "1", "--exit")
        self.assertEqual(demo.returncode, 3, demo.stdout)
        self.assertIn("its certificate is not trusted here", demo.stderr)
        redirected = self.usher("event", "list", "--admin", f"http://127.0.0.1:{front.plain_port}")
        self.assertEqual(redirected.returncode, 1)
        self.assertIn(f"sends on to https://127.0.0.1:{front.plain_port}/", redirected.stderr)
        tls_mistaken = self.usher("event", "list", "--admin", f"http://127.0.0.1:{front.operators_port}")
        self.assertEqual(tls_mistaken.returncode, 3)
        self.assertIn("write https://", tls_mistaken.stderr)
        plain_mistaken = self.usher("event", "list", "--admin", f"https://127.0.0.1:{node.admin_port}")
        self.assertEqual(plain_mistaken.returncode, 3)
        self.assertIn("write http://", plain_mistaken.stderr)

    @contextlib.contextmanager
    def front_of_a_mirror(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as mirror:
            threading.Thread(target=mirror.serve_forever).start()
            try:
                port = mirror.server_address[1]
                yield self.front(port, port)
            finally:
                mirror.shutdown()

    def test_what_clients_claim_about_themselves_is_replaced(self):
        claims = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7", "Authorization": "Bearer x"}
        with self.front_of_a_mirror() as front:
            status, body = self.get(front, "/v1/events?a=b", claims)
        self.assertEqual(status, 200)
        asked = json.loads(body)
        self.assertEqual(asked["path"], "/v1/events?a=b")
        headers = [(name.lower(), value) for name, value in asked["headers"]]
        self.assertEqual([value for name, value in headers if name == "x-forwarded-for"], ["127.0.0.1"])
        self.assertIn(("authorization", "Bearer x"), headers)
        self.assertNotIn("forwarded", [name for name, _ in headers])

    def test_a_body_that_could_be_read_in_two_ways_comes_no_further(self):
        trusting = ssl.create_default_context(cafile=self.authority.file)
        with self.front_of_a_mirror() as front:
            for coding in ("identity", "xchunked", "gzip, chunked", "chunked, identity"):
                with socket.create_connection(("127.0.0.1", front.https_port), 20) as plain, \
                        trusting.wrap_socket(plain, server_hostname="localhost") as client:
                    client.sendall(f"POST /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n"
                                   "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    self.assertRegex(client.recv(4096), rb"^HTTP/1\.1 4\d\d ")
            self.assertEqual(self.get(front, "/last")[0], 200)
        self.assertIn("/last", Mirror.asked)
        self.assertNotIn("/smuggled", Mirror.asked)

    def test_a_node_that_is_not_ready_is_left_out_until_it_is(self):
        node = self.node()
        front = self.front(node.http_port, node.admin_port)
        node.create_event("play", plan_of({"stalls": (2, 5)}), "--no-waiting-room", "--open")
        self.assertEqual(self.get(front, "/v1/events/play")[0], 200)
        heard = len(front.lines)
        node.stop()
        front.await_line("Server nodes/node1 is DOWN", heard)
        self.assertEqual(self.get(front, "/v1/events/play")[0], 503)
        heard = len(front.lines)
        self.node(at=node)
        front.await_line("Server nodes/node1 is UP", heard)
        self.assertEqual(self.get(front, "/v1/events/play")[0], 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
