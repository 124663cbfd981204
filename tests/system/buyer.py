"""A buyer over the public WebSocket protocol, by a WebSocket library that is not ours."""

import asyncio
import itertools
import json

import websockets


class Problem(Exception):
    def __init__(self, problem):
        super().__init__(problem.get("detail") or problem.get("title"))
        self.problem = problem
        self.slug = problem["type"].rsplit("/", 1)[-1]


class Buyer:
    """One connection. Requests await their own answer; unasked frames collect in `unasked`."""

    def __init__(self, node):
        self.node = node
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.unasked = asyncio.Queue()
        self.welcome = None

    async def open(self, token=None, **hello):
        self.socket = await websockets.connect(self.node.websocket_url(), subprotocols=["usher.v1"], open_timeout=60,
                                               ping_interval=None, max_queue=None)
        self.reader = asyncio.create_task(self.read())
        if token:
            hello["token"] = token
        self.welcome = await self.ask("hello", **hello)
        self.token = self.welcome.get("token", token)
        return self

    async def read(self):
        try:
            async for text in self.socket:
                frame = json.loads(text)
                waiting = self.waiting.pop(frame.get("re"), None)
                if waiting is None:
                    await self.unasked.put(frame)
                elif not waiting.done():
                    waiting.set_result(frame)
        except websockets.ConnectionClosed:
            pass
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the connection closed before the answer"))
                waiting.exception()  # whoever asked may be gone, too
        await self.unasked.put(None)

    async def ask(self, kind, within_s=60, **members):
        """Sends a frame and returns its answer; a problem is raised."""
        number = str(next(self.numbers))
        self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": kind, "id": number, **members}))
        frame = await asyncio.wait_for(self.waiting[number], within_s)
        if frame["type"] == "problem":
            raise Problem(frame["problem"])
        return frame

    async def hears(self, kind, within_s=30, **members):
        """The next unasked frame of that type (and with those members)."""
        async def look():
            while True:
                frame = await self.unasked.get()
                if frame is None:
                    await self.unasked.put(None)  # for whoever listens next
                    raise ConnectionError(f"the connection closed before {kind}")
                if frame["type"] == kind and all(frame.get(name) == value for name, value in members.items()):
                    return frame
        return await asyncio.wait_for(look(), within_s)

    async def hold(self, event, **wish):
        return await self.ask("hold", event=event, **wish)

    async def buy(self, hold, key, method="card"):
        """Orders a hold and waits for the order's end."""
        order = await self.ask("order", hold=hold, key=key, payment={"method": method})
        while order["state"] == "charging":
            order = await self.hears("order", order=order["order"])
        return order

    async def close(self):
        await self.socket.close()
        await self.reader

    def cut(self):
        """Loses the connection without a word."""
        self.socket.transport.abort()


async def gather(*work):
    """All results in order; exceptions count as results."""
    return await asyncio.gather(*work, return_exceptions=True)
