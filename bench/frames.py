"""Bytes a raw frame as it comes and packed, on plain PostgreSQL, with the simulators' frames.

Some hours of simulated vehicles (JT/T 808) and inspectors' handsets (JSON) at 10 s, stored by the
writer minute by minute as a city's gateway stores them; then the day is packed as housekeeping
does. Indexes and TOAST are counted.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from model.frames import RawFrame
from model.position import PositionBatch, empty_rows
from model.vehicles import VEHICLES, UnitKind
from protocols.jt808.protocol import encode_frames
from simulators.city import build_city
from simulators.fleet import build_fleet
from simulators.fleet.unit import Unit
from simulators.terminal.handset import Handset
from simulators.terminal.reports import location_bodies
from storage.database import Connection, Database, open_database
from storage.frame_packing import pack_one_day
from storage.instants import from_datetime
from storage.migrate import migrate
from storage.raw_frames import raw_frames_of
from storage.writer import Writer

UNITS, QUICK_UNITS, HOURS, QUICK_HOURS = 120, 20, 8, 2
DAY = datetime(2026, 9, 22, tzinfo=UTC)
INTERVAL_S, MINUTE_S, SEED = 10, 60, 7
ASKED = 40
_SIZE = """
SELECT sum(pg_total_relation_size(inhrelid)), (SELECT sum(coalesce(frames, 1)) FROM raw_frames)
FROM pg_inherits WHERE inhparent = 'raw_frames'::regclass
"""
Entry = dict[str, Any]


def run(quick: bool) -> list[Entry]:
    """Bytes a frame, seconds of packing, milliseconds of a question."""
    with tempfile.TemporaryDirectory(prefix="xunji-bench-") as folder:
        return asyncio.run(_measure(Path(folder), quick))


async def _measure(folder: Path, quick: bool) -> list[Entry]:
    database = await open_database(None, folder, timescale=False)
    try:
        await migrate(database)
        hours = QUICK_HOURS if quick else HOURS
        await _fill(database, QUICK_UNITS if quick else UNITS, hours)
        conn = await database.connect()
        try:
            return await _compare(conn, hours)
        finally:
            await conn.close()
    finally:
        await database.close()


async def _compare(conn: Connection, hours: int) -> list[Entry]:
    as_it_came, count = await _bytes_a_frame(conn)
    asked_ms = await _asked_ms(conn, hours)
    began = time.perf_counter()
    assert await pack_one_day(conn, "plain", DAY + timedelta(days=2)) is not None
    took_s = time.perf_counter() - began
    packed, _ = await _bytes_a_frame(conn)
    basis = f"{count:,} simulated frames, plain"
    return [
        _entry("frame_bytes_as_it_came", as_it_came, "bytes", "", basis),
        _entry("frame_bytes_packed", packed, "bytes", "<= 10.8", basis),
        _entry("frames_packed", count / took_s, "frames/s", "", basis),
        _entry("frames_of_ten_minutes_as_they_came", asked_ms, "ms", "", basis),
        _entry("frames_of_ten_minutes_packed", await _asked_ms(conn, hours), "ms", "", basis),
    ]


async def _bytes_a_frame(conn: Connection) -> tuple[float, int]:
    row = await (await conn.execute(_SIZE)).fetchone()
    assert row is not None
    return float(row[0]) / float(row[1]), int(row[1])


async def _asked_ms(conn: Connection, hours: int) -> float:
    """Frames of ten minutes of a unit, the middle one of some."""
    chance = random.Random(SEED)
    times = []
    for _ in range(ASKED):
        from_us = from_datetime(DAY + timedelta(seconds=chance.randrange(hours * 3_600 - 600)))
        began = time.perf_counter()
        await raw_frames_of(conn, chance.randrange(1, QUICK_UNITS), from_us, from_us + 600_000_000)
        times.append(time.perf_counter() - began)
    return sorted(times)[ASKED // 2] * 1e3


async def _fill(database: Database, units: int, hours: int) -> None:
    origin_us = from_datetime(DAY)
    kinds = (*VEHICLES, UnitKind.INSPECTOR)
    fleet = build_fleet(
        build_city(SEED), SEED, origin_us, units=units, interval_s=INTERVAL_S, kinds=kinds
    )
    sources = [_Source(number, unit) for number, unit in enumerate(fleet.reporting, 1)]
    writer = Writer(database)
    for minute in range(hours * 60):
        frames = [f for source in sources for f in source.frames(minute * MINUTE_S)]
        frames.sort(key=lambda frame: frame.received_us)
        now_us = origin_us + (minute + 1) * MINUTE_S * 1_000_000
        await writer.write(PositionBatch(empty_rows(0)), frames, [], now_us, minute + 1)
    await writer.close()


class _Source:
    """A unit and what its terminal sends."""

    def __init__(self, device_id: int, unit: Unit) -> None:
        self._device_id = device_id
        self._unit = unit
        self._chance = random.Random(device_id)
        self._said: list[bytes] = []
        self._serial = 0
        self._handset = Handset(self, unit.identity, self._chance)

    async def attach(self, handset: Handset) -> None:
        """Nobody answers."""

    def publish(self, topic: str, payload: bytes) -> None:  # noqa: ARG002
        """What a handset says."""
        self._said.append(payload)

    def frames(self, from_s: int) -> Iterator[RawFrame]:
        """A frame a fix of the minute from then on."""
        fixes = self._unit.fixes(from_s, from_s + MINUTE_S)
        origin_s = self._unit.origin_us // 1_000_000
        for place in range(len(fixes)):
            one = fixes[place : place + 1]
            time_us = (origin_s + int(one["time_s"][0])) * 1_000_000
            received_us = time_us + 200_000 + self._chance.randrange(2_000_000)
            protocol, frame = self._frame(one, origin_s)
            yield RawFrame(self._device_id, time_us, time_us, received_us, protocol, frame)

    def _frame(self, one: Any, origin_s: int) -> tuple[str, bytes]:
        if self._unit.kind == UnitKind.INSPECTOR:
            self._handset.report(one, origin_s)
            return "handset", self._said.pop()
        (body,) = location_bodies(one, origin_s)
        self._serial = (self._serial + 1) & 0xFFFF
        wire = encode_frames(0x0200, body, self._unit.identity, self._serial)
        plain = wire[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
        return "jt808", plain


def _entry(name: str, value: float, unit: str, target: str, baseline: str) -> Entry:
    shown = round(value, 1)
    print(f"  {name}: {shown} {unit} ({baseline})", flush=True)
    return {
        "name": name, "value": shown, "unit": unit, "target": target, "baseline": baseline,
    }  # fmt: skip
