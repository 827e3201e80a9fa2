"""A connection of datagrams with the face of a stream: JT/T 808 by UDP, a frame a datagram."""

from __future__ import annotations

import asyncio
from typing import Any, cast

DELIMITER = b"\x7e"
MAX_REST_BYTES = 4_096  # of a frame that is written in pieces


class DatagramWriter(asyncio.DatagramProtocol):
    """What `asyncio.StreamWriter` is to a terminal: it writes, ends, and is let go of."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._rest = b""
        self._socket: asyncio.DatagramTransport | None = None

    @property
    def transport(self) -> asyncio.DatagramTransport:
        """The socket."""
        assert self._socket is not None
        return self._socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket stands."""
        self._socket = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It is gone."""
        self._reader.feed_eof()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002
        """An answer."""
        self._reader.feed_data(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody was there: the terminal goes on, and sends what got no answer again."""

    def write(self, data: bytes) -> None:
        """Send the frames in it; of one in pieces all that came before is kept for its end."""
        *frames, self._rest = (self._rest + data).split(DELIMITER)
        for frame in frames:
            if frame:
                self.transport.sendto(DELIMITER + frame + DELIMITER)
        self._rest = self._rest[-MAX_REST_BYTES:]

    def write_eof(self) -> None:
        """Datagrams have no end: let go."""
        self.transport.close()

    def close(self) -> None:
        """Let go."""
        self.transport.close()

    async def wait_closed(self) -> None:
        """Nothing is under way."""


async def open_datagrams(address: tuple[str, int]) -> tuple[asyncio.StreamReader, DatagramWriter]:
    """A socket that talks to one address."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    _, writer = await loop.create_datagram_endpoint(
        lambda: DatagramWriter(reader), remote_addr=address
    )
    return reader, writer
