"""Whole load runs over real sockets: against the bare sink, a faulty server, and our gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, cast

import pytest

from protocols.contract import Report, Send
from protocols.jt808 import Jt808Session
from simulators.load.crowd import Crowd
from simulators.load.order import LoadOrder
from simulators.load.parent import is_loopback, run_load, running_sink, shares
from simulators.load.tally import Latencies, Tally, report, table
from tests.protocols.directory import Register

Twist = Callable[[int, bytes], bytes]


def order(port: int, **changes: object) -> LoadOrder:
    given = {"host": "127.0.0.1", "port": port, "connections": 20, "seconds": 0.5, "drain_s": 2.0}
    return LoadOrder(**{**given, "spread": True, "log_in_s": 10.0, **changes})  # type: ignore[arg-type]


class Answers(asyncio.Protocol):
    """Acknowledges one report after the other; the n-th as `twist` makes it."""

    def __init__(self, numbers: Iterator[int], twist: Twist, delay_s: float) -> None:
        self._numbers, self._twist, self._delay_s = numbers, twist, delay_s
        self._session = Jt808Session(Register(open=True))
        self._free_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        for event in self._session.receive_data(data, 0):
            if isinstance(event, Send):
                self._transport.write(event.data)
            elif isinstance(event, Report):
                answer = self._twist(next(self._numbers), self._session.acknowledge(event, None))
                self._free_s = max(self._free_s, loop.time()) + self._delay_s
                loop.call_at(self._free_s, self._transport.write, answer)


@asynccontextmanager
async def server(twist: Twist = lambda _, ack: ack, delay_s: float = 0) -> AsyncIterator[int]:
    """A server of many connections that counts what it acknowledges."""
    numbers = count(1)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Answers(numbers, twist, delay_s), "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


async def run(given: LoadOrder) -> Tally:
    return await Crowd(given).run(asyncio.Event())


async def test_a_closed_loop_over_two_processes_counts_every_answer() -> None:
    async with running_sink() as port:
        tally = await run_load(order(port, frames_per_packet=5), 2, asyncio.Event())
    assert tally.passed, tally.faults
    assert tally.logged_in == 20
    assert tally.frames == tally.acknowledged == 5 * tally.packets
    assert tally.packets >= 40
    told = report(tally, {})
    assert 0 < told["latency"]["p50_ms"] <= told["latency"]["max_ms"]
    assert told["own_cost_us_per_frame"] > 0
    assert "已应答" in table(told)


async def test_an_open_loop_keeps_its_rate() -> None:
    async with server() as port:
        tally = await run(order(port, rate=400.0, seconds=1.0))
    assert tally.passed, tally.faults
    assert tally.frames == 400


async def test_what_a_slow_server_delays_counts_from_when_it_was_due() -> None:
    """20 ms a frame are 50 a second; at 100 a second the last of 50 waits for half a second."""
    async with server(delay_s=0.02) as port:
        tally = await run(order(port, connections=1, rate=100.0, drain_s=5.0))
    assert tally.passed
    assert Latencies(tally.latencies).summary()["max_ms"] > 400


def no_third(number: int, ack: bytes) -> bytes:
    return b"" if number == 3 else ack


def third_twice(number: int, ack: bytes) -> bytes:
    return ack * 2 if number == 3 else ack


def third_of_another(number: int, ack: bytes) -> bytes:
    if number != 3:
        return ack
    broken = bytearray(ack)
    broken[13] ^= 0x40  # the serial's high byte, and the checksum to fit
    broken[-2] ^= 0x40
    return bytes(broken) + ack


@pytest.mark.parametrize(
    ("twist", "name"),
    [(no_third, "missing"), (third_twice, "doubled"), (third_of_another, "wrong_serial")],
)
async def test_a_wrong_answer_is_told_with_its_terminal(twist: Twist, name: str) -> None:
    async with server(twist) as port:
        tally = await run(order(port, connections=3, rate=30.0))
    counts = {kind: getattr(tally, kind) for kind in ("missing", "doubled", "wrong_serial")}
    assert counts == {**dict.fromkeys(counts, 0), name: 1}
    assert len(tally.faults) == 1
    assert tally.faults[0].startswith("1500000000")
    assert not tally.passed


class Shy(Register):
    """Knows nobody at first."""

    asked = 0

    def find(self, identity: str) -> Any:
        self.asked += 1
        return super().find(identity) if self.asked > 3 else None


async def test_who_is_not_known_yet_knocks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shy = Shy(open=True)
    monkeypatch.setattr(f"{__name__}.Register", lambda open: shy)
    async with server() as port:
        tally = await run(order(port, connections=3, rate=10.0))
    assert tally.passed, tally.faults
    assert tally.logged_in == 3


async def test_ended_early_it_tells_what_was_seen() -> None:
    stop = asyncio.Event()
    async with running_sink() as port:
        asyncio.get_running_loop().call_later(4.0, stop.set)
        tally = await asyncio.wait_for(run_load(order(port, seconds=60.0), 1, stop), 20)
    assert tally.passed
    assert tally.seconds < 20


async def test_nobody_listens() -> None:
    tally = await run(order(1))
    assert tally.error is not None
    assert "127.0.0.1:1" in tally.error
    assert not tally.passed


def test_shares_cover_everybody_once() -> None:
    cut = shares(order(1, connections=10, rate=100.0, first=7), 3)
    assert [share.first for share in cut] == [7, 10, 13]
    assert sum(share.connections for share in cut) == 10
    assert sum(share.rate or 0 for share in cut) == pytest.approx(100)
    assert (is_loopback("127.9.9.9"), is_loopback("10.0.0.1")) == (True, False)


async def test_who_is_dropped_before_a_word_comes_again() -> None:
    dropped = count(1)

    class Full(Answers):
        """Hangs up on the first ones, as a kernel whose queue is full."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            if next(dropped) <= 2:
                self._transport.abort()

    loop, numbers = asyncio.get_running_loop(), count(1)
    made = await loop.create_server(lambda: Full(numbers, lambda _, ack: ack, 0), "127.0.0.1", 0)
    tally = await run(order(made.sockets[0].getsockname()[1], connections=3, rate=30.0))
    made.close()
    assert tally.passed, tally.faults
    assert (tally.logged_in, tally.lost) == (3, 0)
