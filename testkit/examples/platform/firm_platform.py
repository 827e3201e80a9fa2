"""A firm's platform, as small as one can be: it lets terminals in and acknowledges.

Run it as `python firm_platform.py PORT`. Only the standard library is used, and nothing of Xunji.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from functools import reduce
from operator import xor

KNOWN = (0x0002, 0x0003, 0x0102, 0x0200, 0x0704)


class Connection(asyncio.Protocol):
    """One terminal of 2013 or 2019."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer, self.serial, self.logged_in = transport, b"", 0, False

    def data_received(self, data: bytes) -> None:
        *pieces, self.buffer = (self.buffer + data).split(b"\x7e")
        for piece in pieces:
            plain = piece.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
            if len(plain) > 12 and not reduce(xor, plain):
                self.answer(plain)

    def answer(self, plain: bytes) -> None:
        message, properties = struct.unpack_from(">HH", plain)
        long = bool(properties & 0x4000)
        phone, serial = (plain[5:15], plain[15:17]) if long else (plain[4:10], plain[10:12])
        if message == 0x0100:
            self.send(long, phone, 0x8100, serial + b"\0code")
            return
        self.logged_in = self.logged_in or message == 0x0102
        if self.logged_in:
            result = 0 if message in KNOWN else 3
            self.send(long, phone, 0x8001, serial + plain[:2] + bytes([result]))

    def send(self, long: bool, phone: bytes, message: int, body: bytes) -> None:
        properties = len(body) | (0x4000 if long else 0)
        head = struct.pack(">HH", message, properties) + (b"\x01" if long else b"") + phone
        content = head + struct.pack(">H", self.serial) + body
        content += bytes([reduce(xor, content)])
        escaped = content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
        self.transport.write(b"\x7e" + escaped + b"\x7e")
        self.serial = (self.serial + 1) & 0xFFFF


async def main(port: str) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", int(port))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
