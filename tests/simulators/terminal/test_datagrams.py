"""However a frame is written, it leaves as one datagram; what comes back can be read."""

from __future__ import annotations

import asyncio
from typing import Any

from protocols.jt808.header import pack_frames, pack_phone
from simulators.terminal.datagrams import open_datagrams

PHONE = pack_phone("13900000001", "2013")
FRAMES = [frame for n in range(4) for frame in pack_frames(0x0002, b"", PHONE, n)]


class Echo(asyncio.DatagramProtocol):
    """Sends back what it hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.append(data)
        self.transport.sendto(data, addr)


async def test_a_frame_is_a_datagram() -> None:
    loop = asyncio.get_running_loop()
    transport, echo = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    reader, writer = await open_datagrams(transport.get_extra_info("sockname"))
    writer.write(FRAMES[0] + FRAMES[1])
    for byte in FRAMES[2]:
        writer.write(bytes((byte,)))
    writer.write(FRAMES[3])
    whole = await asyncio.wait_for(reader.readexactly(sum(map(len, FRAMES))), 5)
    assert whole == b"".join(FRAMES)
    assert echo.heard == FRAMES
    writer.close()
    assert await asyncio.wait_for(reader.read(), 5) == b""
    transport.close()
