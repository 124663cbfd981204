"""As much of WebSocket (RFC 6455) as a client needs that sends and gets whole text frames."""

import asyncio
import base64
import os
import struct

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Closed(ConnectionError):
    """The connection has ended; `code` is the other side's, if it gave one."""

    def __init__(self, code=None):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @staticmethod
    async def open(address, path="/v1/ws", protocol="usher.v1"):
        reader, writer = await asyncio.open_connection(*address, limit=1 << 24)
        try:
            key = base64.b64encode(os.urandom(16)).decode()
            writer.write((f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nUpgrade: websocket\r\n"
                          f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                          f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise Closed(head.split(b"\r\n", 1)[0].decode())
        except BaseException:
            writer.transport.abort()
            raise
        return WebSocket(reader, writer)

    def send(self, text, opcode=TEXT):
        payload, mask = text.encode() if isinstance(text, str) else text, os.urandom(4)
        length = len(payload)
        head = (struct.pack("!BB", 0x80 | opcode, 0x80 | length) if length < 126
                else struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length) if length < 1 << 16
                else struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length))
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes((mask * (length // 4 + 1))[:length], "big"))
        self.writer.write(head + mask + masked.to_bytes(length, "big"))

    async def text(self):
        """The next text; `Closed` when there is none any more."""
        parts = []
        while True:
            first, second = await self.exactly(2)
            length = second & 0x7F
            if length == 126:
                length, = struct.unpack("!H", await self.exactly(2))
            elif length == 127:
                length, = struct.unpack("!Q", await self.exactly(8))
            payload = await self.exactly(length)
            opcode = first & 0x0F
            if opcode == CLOSE:
                raise Closed(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None)
            if opcode == PING:
                self.send(payload, PONG)
            elif opcode != PONG:
                parts.append(payload)
                if first & 0x80:
                    return b"".join(parts).decode()

    async def exactly(self, count):
        try:
            return await self.reader.readexactly(count)
        except (asyncio.IncompleteReadError, OSError) as ended:
            raise Closed() from ended

    def cut(self):
        """Ends without a word."""
        self.writer.transport.abort()

    async def close(self):
        """Says goodbye and does not wait for an answer."""
        self.send(struct.pack("!H", 1000), CLOSE)
        self.writer.close()
