"""Fixes of inspectors outside their shifts are acknowledged and not stored."""

from __future__ import annotations

import numpy as np

from model.fences import Shift
from model.rulebook import Device
from pipeline.contract import Pending
from pipeline.duplicates import RecentReports
from pipeline.duty_hours import DutyHours
from pipeline.prepare import Preparation
from protocols.contract import KnownDevice, Report
from storage.database import Database
from storage.rulebook import register_device, save_organisation, save_shift
from tests.gateway.rig import position
from tests.gateway.tiny import TinyProtocol

HOUR_US = 3_600_000_000
START_US = 1_790_078_400_000_000


async def _duty(database: Database) -> tuple[DutyHours, int, int]:
    """An inspector with an hour of duty, and a truck."""
    async with database.pool.connection() as conn:
        owner = await save_organisation(conn, "x")
        ids = []
        for kind in ("inspector", "muck_truck"):
            unit = Device(
                id=0, organisation_id=owner, identity=kind, protocol="t", kind=kind, name="x"
            )
            ids.append((await register_device(conn, unit)).id)
        shift = Shift(device_id=ids[0], starts_us=START_US, ends_us=START_US + HOUR_US)
        await save_shift(conn, shift)
        duty = DutyHours()
        await duty.refresh(conn, START_US)
    return duty, ids[0], ids[1]


async def test_who_is_off_shift(plain_database: Database) -> None:
    duty, inspector, truck = await _duty(plain_database)
    times = np.array([START_US - 1, START_US, START_US + HOUR_US - 1, START_US + HOUR_US])
    off = duty.off_shift(np.full(4, inspector), times)
    assert off.tolist() == [True, False, False, True]
    assert not duty.off_shift(np.full(4, truck), times).any()
    assert duty.hides(inspector, START_US - 1)
    assert not DutyHours().hides(inspector, START_US - 1), "nobody is known yet"


async def test_what_is_off_shift_is_dropped_and_nothing_else(plain_database: Database) -> None:
    duty, inspector, truck = await _duty(plain_database)
    times = (START_US - HOUR_US, START_US + HOUR_US // 2)
    reports = [
        Pending(
            TinyProtocol(),
            Report(KnownDevice(device, 1), "1", position("1", at, "s").encode(), "s"),
            START_US + HOUR_US, "test", lambda report, error: None,
        )
        for device in (inspector, truck) for at in times
    ]  # fmt: skip
    preparation = Preparation(
        RecentReports(),
        retention_us=90 * 24 * HOUR_US,
        off_shift=lambda rows: duty.off_shift(rows["device_id"], rows["time_us"]),
    )
    prepared = preparation.prepare(reports, START_US + HOUR_US)
    kept = list(
        zip(*(prepared.batch.rows[n].tolist() for n in ("device_id", "time_us")), strict=True)
    )
    assert kept == [(inspector, times[1]), (truck, times[0]), (truck, times[1])]
    assert not prepared.errors, "a dropped fix is acknowledged like a stored one"
    assert len(prepared.frames) == 3
