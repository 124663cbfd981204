"""Speaks to a gateway with a client that is not ours: python3-websockets."""
import asyncio
import json
import subprocess
import sys

import websockets


async def ask(socket, frame):
    await socket.send(json.dumps(frame))
    while True:
        answer = json.loads(await asyncio.wait_for(socket.recv(), 20))
        if answer.get("re") == frame["id"]:
            return answer


async def closed_with(socket):
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 20)
    except websockets.ConnectionClosed as closed:
        return closed.code


async def converse(port):
    url = f"ws://127.0.0.1:{port}/v1/ws"
    async with websockets.connect(url, subprotocols=["usher.v1"]) as socket:
        assert socket.subprotocol == "usher.v1", socket.subprotocol
        welcome = await ask(socket, {"type": "hello", "id": "1"})
        assert welcome["type"] == "welcome", welcome
        held = await ask(socket, {"type": "hold", "id": "2", "event": "open", "seats": ["S-A-3"]})
        assert held["type"] == "held", held
        taken = await ask(socket, {"type": "hold", "id": "3", "event": "open", "seats": ["S-A-1"]})
        assert taken["problem"]["status"] == 409, taken
        await socket.send(b"\x00")
        assert await closed_with(socket) == 4000
    try:
        async with websockets.connect(url, subprotocols=["other"]):
            raise AssertionError("a foreign subprotocol was accepted")
    except websockets.InvalidStatusCode as refused:
        assert refused.status_code == 400, refused


def main():
    gateway = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        # Log lines may come before it.
        port = next(int(line) for line in gateway.stdout if line.strip().isdigit())
        asyncio.run(converse(port))
    finally:
        gateway.stdin.close()
        code = gateway.wait(20)
    assert code == 0, f"the gateway ended with {code}"


main()
