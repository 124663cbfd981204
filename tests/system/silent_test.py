"""Ten thousand who watch and read nothing take no more memory than they may, and cost nobody else anything."""

import asyncio
import json
import re
import socket
import struct
import sys
import unittest

from buyer import Buyer
from node_process import ADMIN_KEY, Node, await_true, plan_of
from story import Story, sqlite_store

SILENT = 10_000
AT_ONCE = 500
BUDGET = 8 << 20
THREADS = 2
CHANGES = 100
SECTION = "stalls-of-which-every-seat-has-a-long-name"  # so that a snapshot is more than the system's buffers take

# Nobody is closed for anything else but the memory.
CONFIG = f"""http {{ threads = {THREADS}, max-queued-bytes = {BUDGET}, max-outgoing-bytes = 67108864,
                     max-connections = {SILENT + 100}, write-timeout = 3600s, idle-timeout = 3600s }}
rate-limit {{ loopback = false }}"""
UPGRADE = (b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
           b"Sec-WebSocket-Protocol: usher.v1\r\n\r\n")


def frame(**members):
    """A text frame as a client sends it, under a mask of zeros."""
    text = json.dumps(members).encode()
    assert len(text) < 126
    return struct.pack("!BB4x", 0x81, 0x80 | len(text)) + text


HELLO_AND_WATCH = (frame(type="hello", id="h") +
                   frame(type="seats.watch", id="w", event="gig", section=SECTION))


class Silent(Story):
    def setUp(self):
        folder = self.folder()
        self.node = Node(sqlite_store(folder, self.addCleanup), folder, config=CONFIG).start()
        self.addCleanup(self.node.stop)
        self.node.create_event("gig", plan_of({SECTION: (100, 50)}), "--no-waiting-room", "--open")

    def figure(self, name):
        page = self.node.call("GET", "/metrics", headers={"Authorization": f"Bearer {ADMIN_KEY}"},
                              port=self.node.admin_port).body.decode()
        return int(re.search(rf"^usher_gateway_{name} (\d+)", page, re.MULTILINE)[1])

    def come_and_be_silent(self, count):
        """Connections that said hello and watch; they have room for next to nothing, and are never read from."""
        made = []
        for _ in range(count):
            one = socket.socket()
            self.addCleanup(one.close)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", self.node.http_port))
            one.sendall(UPGRADE)
            made.append(one)
        for one in made:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += one.recv(1024)
            self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
            one.sendall(HELLO_AND_WATCH)

    async def test_who_reads_nothing_is_cut_off_when_the_memory_for_it_is_used_up(self):
        reader = await Buyer(self.node).open()
        await reader.ask("seats.watch", event="gig", section=SECTION)
        for _ in range(SILENT // AT_ONCE):
            await asyncio.to_thread(self.come_and_be_silent, AT_ONCE)
        await asyncio.to_thread(await_true, lambda: self.figure("sessions") >= SILENT + 1, 60, "all are there")
        self.assertEqual(self.figure("slow_readers_total"), 0)
        buyer = await Buyer(self.node).open()
        most = 0
        for _ in range(CHANGES // 2):
            held = await buyer.hold("gig", seats=[f"{SECTION}-1-1"])
            self.assertEqual((await reader.hears("seats.delta"))["set"], [[0, "H"]])
            await buyer.ask("release", hold=held["hold"])
            self.assertEqual((await reader.hears("seats.delta"))["set"], [[0, "."]])
            most = max(most, await asyncio.to_thread(self.figure, "queued_bytes"))
            self.assertLessEqual(most, BUDGET)
        # They would have several times as much queued.
        self.assertGreater(most, BUDGET // 2)
        cut_off = self.figure("slow_readers_total")
        self.assertGreater(cut_off, SILENT // 2)
        self.assertLess(cut_off, SILENT)
        late = await Buyer(self.node).open()
        snapshot = await late.ask("seats.watch", event="gig", section=SECTION)
        self.assertEqual(snapshot["status"], "." * 5000)
        for one in (reader, buyer, late):
            await one.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
