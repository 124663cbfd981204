"""A buyer's way to the nodes: requests over HTTP and WebSocket, each recorded with its answer."""

import asyncio
import itertools
import json

from record import GRANTED, REFUSED, UNKNOWN, UNREACHED
from websocket import WebSocket

PATIENCE_S = 12   # a node hangs up after ten seconds without an outcome
DIAL_S = 2
LOST = (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError, ValueError, IndexError)


class Unknown(Exception):
    """No answer came: nobody knows whether it was done."""


class Unreached(Unknown):
    """Nobody was there to ask: it was certainly not done."""


class Refused(Exception):
    """A problem was answered: it was certainly not done."""

    def __init__(self, problem):
        super().__init__(f"{problem.get('title')}: {problem.get('detail')}")
        self.problem, self.slug = problem, problem.get("type", "").rsplit("/", 1)[-1]


async def dial(address):
    try:
        return await asyncio.wait_for(asyncio.open_connection(*address), DIAL_S)
    except (OSError, asyncio.TimeoutError) as lost:
        raise Unreached(repr(lost)) from lost


async def http(address, method, path, body=None, headers=None, within_s=PATIENCE_S):
    """One request on a connection of its own: status and JSON (or None)."""
    async def exchange():
        reader, writer = await dial(address)
        try:
            payload = b"" if body is None else json.dumps(body).encode()
            lines = [f"{method} {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Connection: close",
                     f"Content-Length: {len(payload)}", "Content-Type: application/json"]
            lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + payload)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            status = int(head[0].split()[1])
            length = next((int(line.split(":")[1]) for line in head if line.startswith("content-length:")), 0)
            content = await reader.readexactly(length)
            return status, json.loads(content) if content else None
        finally:
            writer.transport.abort()
    return await asyncio.wait_for(exchange(), within_s)


class Ways:
    """The nodes' addresses, and the record that all requests go to."""

    def __init__(self, record, buyers, operators, admin_key):
        """`buyers` and `operators`: an address (host, port) by the node's name."""
        self.record, self.buyers, self.operators, self.admin_key = record, buyers, operators, admin_key

    async def over_http(self, via, method, path, what, body=None, token=None, key=None, buyer=None, operator=False,
                        within_s=PATIENCE_S, headers=None, wish=None, **noted):
        """The JSON of a granted request."""
        headers = dict(headers or {})
        if operator:
            headers["Authorization"] = f"Bearer {self.admin_key}"
        elif token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        number = self.record.ask(what=what, via=via, over="http", buyer=buyer, key=key, wish=wish or body, **noted)
        address = (self.operators if operator else self.buyers)[via]
        try:
            status, answer = await http(address, method, path, body, headers, within_s)
        except Unreached as nobody:
            self.record.answer(number, UNREACHED, why=str(nobody))
            raise
        except LOST as lost:
            self.record.answer(number, UNKNOWN, why=repr(lost))
            if isinstance(lost, asyncio.CancelledError):
                raise
            raise Unknown(repr(lost)) from lost
        if status < 300:
            self.record.answer(number, GRANTED, status=status, answer=answer)
            return answer
        problem = answer or {"title": str(status)}
        if status == 504:
            self.record.answer(number, UNKNOWN, status=status)
            raise Unknown(str(status))
        refused = Refused(problem)
        self.record.answer(number, REFUSED, status=status, slug=refused.slug, problem=problem)
        raise refused


class Session:
    """A WebSocket to one node, as one buyer."""

    def __init__(self, ways, via):
        self.ways, self.via = ways, via
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.news = asyncio.Queue()
        self.buyer = self.token = None

    async def open(self, token=None):
        number = self.ways.record.ask(what="hello", via=self.via, over="ws", with_token=token is not None)
        try:
            self.socket = await asyncio.wait_for(WebSocket.open(self.ways.buyers[self.via]), DIAL_S)
        except LOST as lost:
            self.ways.record.answer(number, UNREACHED, why=repr(lost))
            if isinstance(lost, asyncio.CancelledError):
                raise
            raise Unreached(repr(lost)) from lost
        self.reading = asyncio.create_task(self.read())
        try:
            welcome = await self.answer(number, "hello", {"token": token} if token else {})
        except BaseException:
            self.cut()
            raise
        self.buyer, self.token = welcome["buyer"], welcome.get("token", token)
        return self

    async def read(self):
        try:
            while True:
                frame = json.loads(await self.socket.text())
                waiting = self.waiting.pop(frame.get("re"), None)
                if waiting is None:
                    self.heard(frame)
                elif not waiting.done():
                    waiting.set_result(frame)
        except (OSError, ValueError) as ended:
            for waiting in self.waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError(str(ended)))
                    waiting.exception()  # nobody may be waiting any more
            self.news.put_nowait(None)

    def heard(self, frame):
        if frame["type"] in ("order", "hold.expired", "queue.admitted", "queue.state", "reconnect"):
            self.ways.record.note("news", via=self.via, buyer=self.buyer, frame=frame)
            self.news.put_nowait(frame)

    async def ask(self, kind, key=None, within_s=PATIENCE_S, **members):
        """The answer's frame."""
        number = self.ways.record.ask(what=kind, via=self.via, over="ws", buyer=self.buyer, key=key, wish=members)
        return await self.answer(number, kind, {**members, **({"key": key} if key else {})}, within_s)

    async def answer(self, number, kind, members, within_s=PATIENCE_S):
        record, reference = self.ways.record, str(next(self.numbers))
        waiting = self.waiting[reference] = asyncio.get_running_loop().create_future()
        try:
            if self.reading.done():
                record.answer(number, UNREACHED, why="the connection has ended")
                raise Unreached("the connection has ended")
            self.socket.send(json.dumps({"type": kind, "id": reference, **members}))
            frame = await asyncio.wait_for(waiting, within_s)
        except LOST as lost:
            record.answer(number, UNKNOWN, why=repr(lost))
            if isinstance(lost, asyncio.CancelledError):
                raise
            raise Unknown(repr(lost)) from lost
        if frame["type"] == "problem":
            refused = Refused(frame["problem"])
            record.answer(number, REFUSED, slug=refused.slug, problem=frame["problem"])
            raise refused
        record.answer(number, GRANTED, answer=frame)
        return frame

    async def hears(self, kind, within_s, **members):
        """The next unasked frame of that type and with those members; None when the connection ends before."""
        async def look():
            while (frame := await self.news.get()) is not None:
                if frame["type"] == kind and all(frame.get(name) == value for name, value in members.items()):
                    return frame
            self.news.put_nowait(None)
            return None
        try:
            return await asyncio.wait_for(look(), within_s)
        except asyncio.TimeoutError:
            return None

    def cut(self):
        self.reading.cancel()
        self.socket.cut()

    async def close(self):
        try:
            await self.socket.close()
        except LOST:
            pass
        self.reading.cancel()
