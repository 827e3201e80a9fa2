"""A small world for tests of the evaluate stage: a truck, a rule, and a way to feed and look."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.fences import Shift
from model.position import FixSource, PositionBatch, Rows, empty_rows
from model.rulebook import Device, Rule
from model.signals import NO, YES, pack
from pipeline.evaluate import Evaluator, Pace
from rules.registry import kinds_by_name
from storage.database import Database
from storage.instants import from_datetime
from storage.journal import last_journal_id
from storage.rulebook_changes import register_device, save_organisation, save_rule, save_shift
from storage.writer import Writer
from xunji.clock import SimulatedClock

SECOND_US = 1_000_000
START_US = 1_800_000_000 * SECOND_US  # 2027-01-15 08:00 UTC
OPEN = pack(loaded=YES, cover_closed=NO)
CLOSED = pack(loaded=YES, cover_closed=YES)
SILENT = 0
EMPTY = pack(loaded=NO, body_raised=NO)
RAISED = pack(loaded=YES, cover_closed=YES, body_raised=YES)


def fixes(
    device_id: int,
    organisation_id: int,
    values: Sequence[int],
    *,
    step_s: int = 15,
    speed: int = 300,
) -> Rows:
    """One fix each `step_s` from START_US on, with these signals, at 30 km/h."""
    rows = empty_rows(len(values))
    rows["device_id"], rows["organisation_id"] = device_id, organisation_id
    rows["time_us"] = START_US + np.arange(len(values)) * step_s * SECOND_US
    rows["longitude_e6"] = 118_800_000 + np.arange(len(values)) * 50
    rows["latitude_e6"] = 32_050_000
    rows["speed_kmh_e1"] = 300
    rows["fix_source"] = FixSource.GNSS
    rows["signals"] = list(values)
    return rows


@dataclass(slots=True)
class World:
    """One database with its writer and, one after another, its evaluators."""

    database: Database
    clock: SimulatedClock = field(default_factory=lambda: SimulatedClock(START_US))
    organisation_id: int = 0
    devices: list[int] = field(default_factory=list)
    journal_id: int = 0
    writer: Writer = field(init=False)
    evaluator: Evaluator | None = None
    task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.writer = Writer(self.database)

    async def prepare(
        self,
        devices: int,
        kind: str = "muck_truck",
        also: Sequence[str] = (),
        parameters: Mapping[str, float] | None = None,
    ) -> None:
        """Register an organisation, its devices, and the rules of the tests."""
        conn = await self.database.connect()
        self.organisation_id = await save_organisation(conn, "市城管局")
        for number in range(devices):
            device = Device(
                id=0,
                organisation_id=self.organisation_id,
                identity=f"1390000{number:04d}",
                protocol="jt808",
                kind=kind,
                name=f"苏A{number:05d}",
            )
            self.devices.append((await register_device(conn, device)).id)
        for rule in ("uncovered_load", "inspector_silent", *also):
            await save_rule(conn, self.rule(rule, **(parameters or {})))
        await conn.close()

    def rule(self, kind: str, **parameters: float) -> Rule:
        """A rule of the root organisation, in force since ever."""
        return Rule(
            id=0,
            version=0,
            organisation_id=self.organisation_id,
            kind=kind,
            name_zh=kind,
            name_en=kind,
            parameters=parameters,
            valid_from_us=START_US - 86_400 * SECOND_US,
        )

    async def on_duty(self, device_id: int, from_s: int, to_s: int) -> None:
        """A shift, in seconds after START_US."""
        conn = await self.database.connect()
        shift = Shift(
            device_id=device_id,
            starts_us=START_US + from_s * SECOND_US,
            ends_us=START_US + to_s * SECOND_US,
        )
        await save_shift(conn, shift)
        await conn.close()

    def start(self) -> Evaluator:
        """Start (or, after `kill`, start anew) the evaluate stage."""
        pace = Pace(snapshot_us=300 * SECOND_US)
        self.evaluator = Evaluator(
            self.database, self.clock, kinds_by_name(), pace, run_after=self.journal_id
        )
        self.task = asyncio.create_task(self.evaluator.run())
        return self.evaluator

    async def kill(self) -> None:
        """End the evaluate stage in the middle of whatever it does."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.evaluator = None

    async def stop(self) -> None:
        """Judge what waits and end."""
        if self.evaluator is not None and self.task is not None:
            await self.evaluator.stop()
            await self.task
        await self.writer.close()

    async def feed(self, rows: Rows, tick_us: int | None = None) -> None:
        """Commit rows as one batch; hand it to the evaluate stage if that is running."""
        if self.journal_id == 0:
            conn = await self.database.connect()
            self.journal_id = await last_journal_id(conn)
            await conn.close()
        self.journal_id += 1
        newest_us = int(rows["time_us"].max()) if len(rows) else 0
        tick_us = max(self.clock.now_us(), newest_us) if tick_us is None else tick_us
        self.clock.advance_to(max(tick_us, self.clock.now_us()))
        written = await self.writer.write(PositionBatch(rows), [], [], tick_us, self.journal_id)
        if self.evaluator is not None:
            self.evaluator.committed(self.journal_id, written.batch, tick_us)

    async def tick(self, second: float) -> None:
        """A tick without rows, in seconds after START_US."""
        await self.feed(empty_rows(0), START_US + int(second * SECOND_US))
        await self.settled()

    async def settled(self) -> None:
        """Wait for the evaluate stage; its failure is the test's."""
        assert self.evaluator is not None
        assert self.task is not None
        waiting = asyncio.create_task(self.evaluator.settled())
        await asyncio.wait([waiting, self.task], return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            self.task.result()
        await waiting

    async def outcomes(self) -> list[tuple[Any, ...]]:
        """(device, kind, start s, severity, repeat count, the incident's kinds and starts)."""
        conn = await self.database.connect()
        cursor = await conn.execute(
            "SELECT v.device_id, v.kind, v.started_at, v.severity, v.repeat->>'count',"
            " (SELECT array_agg(o.kind || o.started_at ORDER BY o.started_at, o.kind)"
            "  FROM violations o WHERE o.incident_id = v.incident_id)"
            " FROM violations v WHERE v.finding = 'standing' ORDER BY 1, 2, 3"
        )
        rows = await cursor.fetchall()
        await conn.close()
        return [(*row[:2], _second(row[2]), *row[3:]) for row in rows]

    async def violations(self, finding: str = "standing") -> list[tuple[Any, ...]]:
        """(device, kind, start s, end s or None, duration) sorted, in seconds after START_US."""
        conn = await self.database.connect()
        cursor = await conn.execute(
            "SELECT device_id, kind, started_at, ended_at, (measures->>'duration_s')::float"
            " FROM violations WHERE finding = %s ORDER BY 1, 2, 3",
            (finding,),
        )
        rows = await cursor.fetchall()
        await conn.close()
        return [
            (row[0], row[1], _second(row[2]), None if row[3] is None else _second(row[3]), row[4])
            for row in rows
        ]


def _second(time: Any) -> float:
    return (from_datetime(time) - START_US) / SECOND_US
