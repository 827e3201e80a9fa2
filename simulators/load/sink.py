"""A bare server: lets everybody in and acknowledges at once, stores nothing.

What a load tool costs is measured against it: `python -m simulators.load.sink` prints its port.
Several of them on one port (`... PORT`) share its connections.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from typing import cast

import uvloop

from protocols.jt808.framing import DELIMITER, checksum, escape, unescape

_ACK = struct.Struct(">HHHB")
_HEAD = b"\x80\x01\x00\x05"
_PHONE_AT, _SERIAL_AT, _BODY_AT = 4, 10, 12
_REGISTER = b"\x01\x00"
CODE = b"sink"


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._tail = b""
        self._serial = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        pieces = (self._tail + data).split(DELIMITER)
        self._tail = pieces.pop()
        replies = [self._reply(unescape(piece)) for piece in pieces if len(piece) > _BODY_AT]
        if replies and self._transport is not None:
            self._transport.write(b"".join(replies))

    def _reply(self, frame: bytes) -> bytes:
        self._serial = (self._serial + 1) & 0xFFFF
        phone, serial = frame[_PHONE_AT:_SERIAL_AT], frame[_SERIAL_AT:_BODY_AT]
        if frame[:2] == _REGISTER:
            body = serial + b"\x00" + CODE
            head = b"\x81\x00" + len(body).to_bytes(2, "big") + phone
            made = head + self._serial.to_bytes(2, "big") + body
        else:
            number, about = int.from_bytes(serial, "big"), int.from_bytes(frame[:2], "big")
            made = _HEAD + phone + _ACK.pack(self._serial, number, about, 0)
        return DELIMITER + escape(made + bytes((checksum(made),))) + DELIMITER


async def _serve(port: int) -> None:
    """Until standard input closes. Port 0 is any that is free."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        _Connection, "127.0.0.1", port, backlog=4_096, reuse_port=True
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
