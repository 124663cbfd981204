"""Every host on this machine's loopback address, with a proxy in user space on each link and each way to the database.

A link's proxy is where the other nodes find a node; who dials is told by the process that has the other end of the
connection. A cut direction keeps what comes until it is healed, as TCP would, and new connections hear nothing.
"""

import asyncio
import collections
import os
import pathlib
import socket
import threading
import time

KINDS = ("http", "admin", "link", "store")
CHUNK, CHUNKS_MAX = 1 << 16, 64
ADDRESS = "127.0.0.1"


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def owner_of(port):
    """The process that has the connection from that local port; none when it has ended."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[1].split(":")[1], 16) == port and words[3] == "01":
            wanted = f"socket:[{words[9]}]"
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                if has_socket(process, wanted):
                    return int(process.name)
    return None


def has_socket(process, wanted):
    try:
        return any(os.readlink(file) == wanted for file in (process / "fd").iterdir())
    except OSError:
        return False  # has ended, or is not ours


class Loopback:
    insecure = False

    def __init__(self, hosts, why_not):
        self.mode = f"loopback with proxies ({why_not})"
        self.ports = {(host, kind): free_port() for host in hosts for kind in KINDS}
        self.processes = {}  # host → process id, of those that dial
        self.lost, self.late_s = set(), collections.defaultdict(float)
        self.doors = {}
        self.listening = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.hosts = [host for host in hosts if host != "store"]
        for host in self.hosts:
            self.doors[host, "link"], self.doors[host, "store"] = free_port(), free_port()
            self.wait(self.open_door(host, "store", "store"))

    def wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    # ---- where everybody is ----

    def address(self, host):
        return ADDRESS

    def port(self, host, kind):
        return self.ports[host, kind]

    def seen_by(self, host, other, kind):
        if kind == "store":
            return ADDRESS, self.doors[host, "store"]
        return ADDRESS, self.doors[other, "link"]

    def command(self, host, words):
        return list(words)

    def started(self, host, process):
        self.processes[host] = process

    # ---- what goes wrong ----

    def cut(self, host, other):
        self.lost.add((host, other))

    def slow(self, host, other, late_s):
        self.late_s[host, other] = late_s

    def heal(self):
        self.lost.clear()
        self.late_s.clear()

    def gone(self, host):
        """Nobody listens there any more, so its door refuses, too."""
        self.wait(self.close_door(host, "link"))

    def back(self, host):
        self.wait(self.open_door(host, "link", host))

    def close(self):
        self.wait(self.end_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def end_all(self):
        for server in self.listening.values():
            server.close()
        work = asyncio.all_tasks() - {asyncio.current_task()}
        for one in work:
            one.cancel()
        await asyncio.wait(work, timeout=5) if work else None

    # ---- the proxies, on their own thread ----

    async def open_door(self, host, kind, target):
        if (host, kind) not in self.listening:
            async def serve(reader, writer):
                await self.serve(host, kind, target, reader, writer)
            self.listening[host, kind] = await asyncio.start_server(serve, ADDRESS, self.doors[host, kind])

    async def close_door(self, host, kind):
        server = self.listening.pop((host, kind), None)
        if server:
            server.close()

    async def serve(self, host, kind, target, reader, writer):
        """`host` names whose door this is: the dialler's, on the way to the database, or else the one that is dialled."""
        try:
            dialler = host if kind == "store" else await asyncio.to_thread(self.dialler, writer.get_extra_info("peername")[1])
            there, back = await asyncio.open_connection(ADDRESS, self.ports[target, kind])
        except OSError:
            writer.transport.abort()
            return
        ways = [asyncio.ensure_future(self.carry((dialler, target), reader, back)),
                asyncio.ensure_future(self.carry((target, dialler), there, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, back):
            end.transport.abort()

    def dialler(self, port):
        owner = owner_of(port)
        return next((host for host, process in self.processes.items() if process == owner), None)

    async def carry(self, way, reader, writer):
        """Carries bytes one way, in order, until an end closes; what is late or lost for now waits, and then its sender."""
        waiting = asyncio.Queue(CHUNKS_MAX)

        async def take():
            content = True
            while content:
                content = await reader.read(CHUNK)
                await waiting.put((time.monotonic() + self.late_s[way], content))

        taking = asyncio.ensure_future(take())
        try:
            while not taking.done() or not waiting.empty():
                due, content = await waiting.get()
                await asyncio.sleep(max(0, due - time.monotonic()))
                while way in self.lost:
                    await asyncio.sleep(0.02)
                if not content:
                    return
                writer.write(content)
                await writer.drain()
        except OSError:
            pass  # an end has closed
        finally:
            taking.cancel()
