"""Tracks: the right rows in the right order, cut to the organisation, simplified without lying."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from model.position import FixSource, PositionBatch, Rows
from model.signals import YES, pack
from storage.database import Connection, Database
from storage.simplify import METRES_PER_DEGREE
from storage.track_filter import TrackFilter
from storage.tracks import (
    Gap,
    latest_positions,
    positions_of,
    positions_of_many,
    positions_with_attributes,
    track,
    track_of,
)
from storage.writer import Writer
from tests.storage.rows import NOON_US, SECOND_US, fixes, unit

DAY_S = 86_400


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    conn = await database.connect()
    yield conn
    await conn.close()


async def store(database: Database, *batches: PositionBatch) -> None:
    writer = Writer(database)
    await writer.write(PositionBatch.join(batches), [], [], NOON_US, 1)
    await writer.close()


async def test_a_period_is_half_open_and_ordered(database: Database, conn: Connection) -> None:
    batch = fixes([3 * DAY_S, 0, 10, 20, 10, -DAY_S], variant=[0, 0, 1, 0, 0, 0])
    await store(database, batch, fixes([10], device_id=2))
    rows = await positions_of(conn, 1, NOON_US, NOON_US + 20 * SECOND_US)
    assert rows.tolist() == batch.rows[[1, 4, 2]].tolist()
    everything = await positions_of(conn, 1, 0, NOON_US + 9 * DAY_S * SECOND_US)
    assert everything.tolist() == batch.rows[[5, 1, 4, 2, 3, 0]].tolist()
    assert len(await positions_of(conn, 3, 0, NOON_US)) == 0


async def test_several_devices_each_from_its_own_time(database: Database, conn: Connection) -> None:
    first, second = fixes([0, 10, DAY_S]), fixes([0, 5, 15], device_id=2)
    await store(database, first, second, fixes([0], device_id=3))
    starts = {2: NOON_US + 5 * SECOND_US, 1: NOON_US + 10 * SECOND_US}
    rows = await positions_of_many(conn, starts, NOON_US + 2 * DAY_S * SECOND_US)
    assert rows.tolist() == [*first.rows[1:].tolist(), *second.rows[1:].tolist()]
    until = await positions_of_many(conn, starts, NOON_US + 15 * SECOND_US)
    assert until.tolist() == [first.rows[1].tolist(), second.rows[1].tolist()]
    assert len(await positions_of_many(conn, {}, NOON_US)) == 0
    bare = await positions_of_many(conn, starts, NOON_US + 15 * SECOND_US, ("organisation_id",))
    until["organisation_id"] = 0
    assert bare.tolist() == until.tolist()


async def test_a_track_is_cut_to_organisations(database: Database, conn: Connection) -> None:
    await store(database, fixes([0, 1]), fixes([2, 3], organisation_id=2))
    end_us = NOON_US + DAY_S * SECOND_US
    for organisations, expected in (([1], [0, 1]), ([2], [2, 3]), ([1, 2], [0, 1, 2, 3]), ([], [])):
        found = await track(conn, organisations, 1, NOON_US, end_us)
        assert ((found.rows["time_us"] - NOON_US) // SECOND_US).tolist() == expected


async def test_attributes_come_along(database: Database, conn: Connection) -> None:
    await store(database, fixes([0, 1, 1], variant=[0, 0, 1], attributes=["[1]", None, "[3]"]))
    batch = await positions_with_attributes(conn, 1, NOON_US, NOON_US + 2 * SECOND_US)
    assert batch.attributes == ["[1]", None, "[3]"]


async def test_latest_positions(database: Database, conn: Connection) -> None:
    mine = await unit(conn)
    other = await unit(conn, "2", organisation_id=None)
    silent = await unit(conn, "3", organisation_id=mine.organisation_id)
    both = [mine.organisation_id, other.organisation_id]
    await store(
        database,
        fixes(
            [0, 2 * DAY_S, 5],
            device_id=mine.id,
            organisation_id=mine.organisation_id,
            speed_kmh_e1=[10, 415, 20],
            alarm_bits=5,
            attributes=[None, '{"battery_pct": 9}', None],
        ),
        fixes([1], device_id=other.id, organisation_id=other.organisation_id),
    )
    found = {position["device_id"]: position for position in await latest_positions(conn, both)}
    assert set(found) == {mine.id, other.id}
    assert silent.id not in found
    newest = found[mine.id]
    assert (newest["time"], newest["speed_kmh"]) == ("2026-09-24T12:00:00.000Z", 41.5)
    assert (newest["alarms"], newest["attributes"]) == ([0, 2], {"battery_pct": 9})
    assert (newest["altitude_m"], newest["fix_source"]) == (None, "gnss")
    assert found[other.id]["speed_kmh"] is None
    one = await latest_positions(conn, [other.organisation_id])
    assert [position["device_id"] for position in one] == [other.id]


def test_gaps_are_typed_and_survive_simplification() -> None:
    times = [*range(0, 1_000, 10), *range(2_000, 3_000, 10), *range(4_000, 5_000, 10)]
    line = fixes(times)
    unpositioned = fixes([1_500], fix_source=int(FixSource.NONE))
    rows = np.concatenate([line.rows[:100], unpositioned.rows, line.rows[100:]])
    found = track_of(rows, 20)
    assert (found.points, found.unpositioned, found.simplified) == (300, 1, True)
    assert [gap.kind for gap in found.gaps] == ["no_gnss", "no_data"]
    for gap in found.gaps:
        assert found.rows["time_us"][[gap.from_index, gap.to_index]].tolist() == [
            gap.from_us,
            gap.to_us,
        ]
    start_us = NOON_US + 990 * SECOND_US
    assert found.gaps[0] == Gap(start_us, NOON_US + 2_000 * SECOND_US, 1, 2, "no_gnss")


def test_a_short_track_is_left_alone() -> None:
    batch = fixes(range(10))
    found = track_of(batch.rows, 10)
    assert (found.rows.tolist(), found.simplified) == (batch.rows.tolist(), False)
    empty = track_of(fixes([]).rows, 10)
    assert (len(empty.rows), empty.points, empty.gaps) == (0, 0, ())


@given(st.integers(0, 2**32), st.integers(10, 400))
def test_simplification_keeps_the_line(seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    batch = fixes(range(500))
    heading = np.cumsum(random.normal(0, 0.2, 500))
    batch.rows["longitude_e6"] = 118_800_000 + np.cumsum(100 * np.cos(heading))
    batch.rows["latitude_e6"] = 32_050_000 + np.cumsum(100 * np.sin(heading))
    found = track_of(batch.rows, most)
    assert 2 <= len(found.rows) <= most
    assert found.simplified
    times = found.rows["time_us"]
    assert (np.diff(times) > 0).all()
    assert times[[0, -1]].tolist() == batch.rows["time_us"][[0, -1]].tolist()
    assert np.isin(found.rows, batch.rows).all()


def test_simplification_drops_only_what_hardly_bends() -> None:
    """A right angle of 1 km among straight stretches stays when a hundred points become few."""
    batch = fixes(range(200))
    step_e6 = 1_000 / METRES_PER_DEGREE * 1e6 / 100
    batch.rows["latitude_e6"] = 30_000_000 + np.minimum(np.arange(200), 100) * step_e6
    batch.rows["longitude_e6"] = 118_000_000 + np.maximum(np.arange(200) - 100, 0) * step_e6
    found = track_of(batch.rows, 5)
    corner = batch.rows[100]
    assert corner in found.rows
    assert len(found.rows) <= 5


async def test_a_cut_track_says_so(
    database: Database, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.tracks.MAX_TRACK_ROWS", 5)
    await store(database, fixes(range(8)))
    found = await track(conn, [1], 1, NOON_US, NOON_US + DAY_S * SECOND_US)
    assert (found.cut, found.points) == (True, 5)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (TrackFilter(min_speed_kmh=30), [2, 3]),
        (TrackFilter(max_speed_kmh=30), [0, 1, 2, 5]),
        (TrackFilter(signals={"loaded": "full"}), [1, 2]),
        (TrackFilter(signals={"loaded": "unknown"}), [0, 3, 4, 5]),
        (TrackFilter(min_speed_kmh=1, signals={"loaded": "full"}), [2]),
        (TrackFilter(fix_source=FixSource.LBS), [5]),
    ],
)
def test_what_is_not_wanted_leaves_gaps(wanted: TrackFilter, kept: list[int]) -> None:
    rows = fixes(range(6)).rows
    rows["speed_kmh_e1"] = [0, 0, 300, 450, -1, 100]
    rows["signals"][1:3] = pack(loaded=YES)
    rows["fix_source"][5] = FixSource.LBS
    found = track_of(rows, 100, wanted=wanted)
    assert found.rows.tolist() == rows[kept].tolist()
    jumps = [i for i in range(len(kept) - 1) if kept[i + 1] > kept[i] + 1]
    assert [(gap.from_index, gap.kind) for gap in found.gaps] == [(i, "filtered") for i in jumps]


@given(st.integers(0, 2**32 - 1), st.floats(1, 100))
def test_no_fix_left_out_is_farther_than_twice_the_tolerance(seed: int, tolerance_m: float) -> None:
    random = np.random.default_rng(seed)
    rows = fixes([10 * i for i in range(80)]).rows
    rows["longitude_e6"] += np.cumsum(random.integers(-400, 900, 80)).astype(np.int32)
    rows["latitude_e6"] += np.cumsum(random.integers(-400, 400, 80)).astype(np.int32)
    exact = track_of(rows, 1_000, tolerance_m=tolerance_m).rows
    assert farthest_m(rows, exact) <= tolerance_m * 1.01
    few = track_of(rows, 10).rows
    assert 2 <= len(few) <= 80
    assert set(few["time_us"].tolist()) <= set(rows["time_us"].tolist())


def farthest_m(rows: Rows, kept: Rows) -> float:
    """From any of the rows to the line through those kept."""

    def metres(some: Rows) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        scale = np.cos(np.radians(rows["latitude_e6"].mean() / 1e6))
        pairs = np.column_stack((some["longitude_e6"] * scale, some["latitude_e6"]))
        return pairs / 1e6 * METRES_PER_DEGREE

    line = shapely.LineString(metres(kept))
    return float(shapely.distance(shapely.points(metres(rows)), line).max())
