"""A platform judged on its replies: our own session is right, planted faults are found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from protocols.contract import Event, Report, Send
from protocols.jt808 import Jt808Session
from protocols.jt808.framing import Framer, checksum, escape, unescape, unwrap
from simulators.foreign.book import CHECKS
from simulators.foreign.run import ForeignRun
from simulators.scenario.plan import make_plan
from simulators.scenario.reading import parse_scenario
from simulators.scenario.report import junit, table
from tests.protocols.directory import Register

TEXT = """\
about: One truck for half an hour
start: "2026-03-02 19:00"
hours: 0.5
fleet: {muck_truck: 1}
"""


class Platform(asyncio.Protocol):
    """Our session; a fault overrides `reply` or `registered`."""

    register = Register(open=False)
    done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.session = Jt808Session(cast(Any, self.register))
        self.reports = 0

    def data_received(self, data: bytes) -> None:
        for event in self.session.receive_data(data, 0):
            self.transport.write(self.reply(event))

    def reply(self, event: Event) -> bytes:
        if isinstance(event, Send):
            return event.data
        if isinstance(event, Report):
            self.reports += 1
            return self.session.acknowledge(event, None)
        return b""

    def is_the_one(self, event: Event) -> bool:
        """The fifth report of the whole run."""
        if not isinstance(event, Report) or self.reports != 5 or type(self).done:
            return False
        type(self).done = True
        return True


def frame_of(data: bytes, change: Callable[[bytearray], None]) -> bytes:
    """A frame with something changed and its checksum put right."""
    content = bytearray(unwrap(data[1:-1])[:-1])
    change(content)
    whole = bytes(content)
    return b"\x7e" + escape(whole + bytes((checksum(whole),))) + b"\x7e"


class Forgets(Platform):
    """One report gets no answer."""

    def reply(self, event: Event) -> bytes:
        data = super().reply(event)
        if self.is_the_one(event):
            event.token.terminal.next_serial -= 1  # type: ignore[union-attr]
            return b""
        return data


class SaysTwice(Platform):
    """One report is acknowledged twice."""

    def reply(self, event: Event) -> bytes:
        data = super().reply(event)
        if self.is_the_one(event):
            return data + self.session.acknowledge(cast(Report, event), None)
        return data


class WrongSerial(Platform):
    def reply(self, event: Event) -> bytes:
        data = super().reply(event)
        if self.is_the_one(event):
            terminal = cast(Report, event).token.terminal
            return data + terminal.ack(60_000, 0x0200, 0)
        return data


class Slow(Platform):
    """One answer, and what follows it, takes longer than the limit."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.free_s = 0.0

    def data_received(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        for event in self.session.receive_data(data, 0):
            reply = self.reply(event)
            self.free_s = max(self.free_s + 1e-6, loop.time()) + 0.7 * self.is_the_one(event)
            loop.call_at(self.free_s, self.transport.write, reply)


class BadChecksum(Platform):
    """Sends something damaged beside an answer."""

    def reply(self, event: Event) -> bytes:
        data = super().reply(event)
        if self.is_the_one(event):
            broken = bytearray(data)
            broken[-2] ^= 0x01
            return bytes(broken) + data
        return data


class SameSerials(Platform):
    """Its own frames all have one serial."""

    def reply(self, event: Event) -> bytes:
        data = super().reply(event)
        if not isinstance(event, Report):
            return data

        def zero(content: bytearray) -> None:
            content[10:12] = b"\0\0"

        return frame_of(data, zero)


class LetsEverybodyIn(Platform):
    """Acknowledges reports before any log-in."""

    register = Register(open=True)


class Gullible(Platform):
    """Does not look at checksums."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.framer = Framer()

    def data_received(self, data: bytes) -> None:
        for piece, _ in self.framer.feed(data):
            mended = bytearray(piece)
            if checksum(unescape(piece)):
                mended[13] ^= 0x01
            super().data_received(b"\x7e" + bytes(mended) + b"\x7e")


class SaysYesToAll(Platform):
    """Claims to support every message."""

    def reply(self, event: Event) -> bytes:
        data = super().reply(event)
        if isinstance(event, Send) and b"\x0f\x77\x03" in data:

            def yes(content: bytearray) -> None:
                content[-1] = 0

            return frame_of(data, yes)
        return data


FAULTS = {
    Forgets: "acknowledged",
    SaysTwice: "acknowledged",
    WrongSerial: "right_serial",
    Slow: "reply_delay",
    BadChecksum: "well_formed",
    SameSerials: "own_serials",
    LetsEverybodyIn: "before_log_in",
    Gullible: "damaged_frame",
    SaysYesToAll: "unsupported",
}


@asynccontextmanager
async def platform(kind: type[Platform]) -> AsyncIterator[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(kind, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[:2]
    server.close()


async def judged(kind: type[Platform]) -> dict[str, Any]:
    scenario, source = parse_scenario(TEXT, Path("one.yaml"))
    plan = make_plan("one", scenario, source)
    for unit in plan.fleet.units:
        kind.register.find(unit.identity)
        kind.register._known[unit.identity] = Register("x").find("x")  # type: ignore[assignment]
    kind.done = False
    async with platform(kind) as address:
        run = ForeignRun(plan, address, reply_limit_s=0.5, limit_s=60)
        return await run.play(lambda _: None)


async def test_our_own_session_is_right() -> None:
    told = await judged(Platform)
    assert told["passed"], (told["error"], told["missed"], told["false_violations"])
    entries = told["rules"]
    assert set(entries) == set(CHECKS)
    assert all(entry["matched"] > 0 for entry in entries.values()), entries
    assert entries["acknowledged"]["matched"] == told["counts"]["sent"] > 100
    assert entries["reply_delay"]["delay_p99_s"] < 0.5


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
async def test_a_planted_fault_is_found_alone(kind: type[Platform]) -> None:
    told = await judged(kind)
    wrong = {n: e for n, e in told["rules"].items() if e["missed"] or e["false"]}
    assert set(wrong) == {FAULTS[kind]}, (told["missed"], told["false_violations"])
    assert not told["passed"]
    assert b"<failure" in junit(told)
    assert FAULTS[kind] in table(told)


async def test_a_platform_that_is_not_there_or_says_nothing() -> None:
    scenario, source = parse_scenario(TEXT, Path("one.yaml"))
    plan = make_plan("one", scenario, source)

    class Mute(asyncio.Protocol):
        """Takes connections."""

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Mute, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    told = await ForeignRun(plan, address, limit_s=0.5).play(lambda _: None)
    server.close()
    assert not told["passed"]
    assert "did not answer" in told["error"]
    told = await ForeignRun(plan, address, limit_s=0.5).play(lambda _: None)
    assert told["error"]
