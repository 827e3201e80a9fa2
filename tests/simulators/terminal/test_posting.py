"""A message is posted until it is stored, whatever the server says meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest

from simulators.fleet.unit import FIX_DTYPE
from simulators.terminal import Refused, posting
from simulators.terminal.posting import HttpCarrier
from simulators.terminal.teller import Teller

HELD_UP = ["503 Away\r\nRetry-After: 0", "429 Slower\r\nRetry-After: 0", "401 Not yet"]


@asynccontextmanager
async def server(*statuses: str) -> AsyncIterator[tuple[tuple[str, int], list[bytes]]]:
    """Answers one request after the other so, the last one for ever; what it was sent."""
    waiting, heard, writers = list(statuses), list[bytes](), list[asyncio.StreamWriter]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().rpartition(b"content-length: ")[2].split(b"\r\n")[0]
                heard.append(
                    head + await reader.readexactly(int(length) if length.isdigit() else 0)
                )
                status = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n[]".encode())

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname(), heard
    listening.close()
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "AGAIN_S", 0.01)
    monkeypatch.setattr(posting, "KNOWN_WITHIN_S", 0.2)


def fixes(count: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    made = np.zeros(count, FIX_DTYPE)
    made["time_s"] = np.arange(count)
    made["fix_source"] = 1
    return made


@pytest.mark.parametrize("protocol", ["owntracks", "osmand"])
async def test_it_is_posted_again_until_it_is_stored(protocol: str) -> None:
    async with server(*HELD_UP, "200 OK") as (address, heard):
        teller = Teller(protocol, "CG1/phone", HttpCarrier(address, protocol, "CG1/phone", "tok"))
        await teller.start()
        teller.report(fixes(2), 1_790_000_000)
        await asyncio.wait_for(teller.drained(), 5)
        await teller.stop()
    messages = {"owntracks": 2, "osmand": 1}[protocol]
    assert (teller.sent, teller.acknowledged, teller.refused) == (messages, messages, 0)
    assert len(heard) == messages + len(HELD_UP)
    assert len(set(heard)) == messages
    assert b"CG1" in heard[0]


async def test_what_is_no_message_is_counted_and_not_repeated() -> None:
    async with server("400 Bad", "200 OK") as (address, heard):
        teller = Teller("osmand", "CG1", HttpCarrier(address, "osmand", "CG1"))
        await teller.start()
        teller.report(fixes(1), 0)
        teller.report(fixes(2), 0)
        await asyncio.wait_for(teller.drained(), 5)
        await teller.stop()
    assert (teller.sent, teller.acknowledged, teller.refused) == (2, 1, 1)
    assert len(heard) == 2


async def test_a_stranger_gives_up() -> None:
    async with server("403 Unknown") as (address, _):
        teller = Teller("osmand", "CG1", HttpCarrier(address, "osmand", "CG1"))
        await teller.start()
        teller.report(fixes(1), 0)
        with pytest.raises(Refused, match="CG1: 403"):
            await asyncio.wait_for(teller.drained(), 5)
        await teller.stop()
