"""History from files: what was exported comes back as it was, and none of it twice."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from model.position import FixSource, PositionBatch, Rows
from model.signals import NO, YES, pack
from pipeline.acceptance import Window
from pipeline.export.order import Order
from pipeline.export.run import run_export
from pipeline.take_in import reading, run
from pipeline.take_in.order import ImportOrder, Told
from pipeline.take_in.reading import UnreadableError
from pipeline.take_in.rows import MissingColumnError
from pipeline.take_in.run import take_in
from storage.database import Database
from storage.instants import DAY_US
from storage.writer import Writer
from tests.storage.rows import NOON_US, fixes, scalar, stored_rows, unit

WINDOW = Window(NOON_US - 30 * DAY_US, NOON_US + DAY_US)
COUNT = 40


@pytest.fixture
async def stored(plain_database: Database) -> Database:
    """A unit with forty fixes of every sort."""
    async with plain_database.pool.connection() as conn:
        device = await unit(conn, plate="苏A12345")
    columns: dict[str, Any] = {
        "altitude_m": [-32768, *range(39)], "speed_kmh_e1": [-1, *range(0, 390, 10)],
        "course_deg": 90, "satellites": 9, "odometer_m": 123_456, "delay_ms": 800,
        "signals": pack(loaded=YES, cover_closed=NO), "alarm_bits": 0b1010,
    }  # fmt: skip
    batch = fixes(
        range(COUNT),
        device_id=device.id,
        attributes=['{"mileage_km": 1.5}', *[None] * 39],
        **columns,
    )
    batch.rows["organisation_id"] = device.organisation_id
    batch.rows["fix_source"][5] = FixSource.LBS
    batch.rows["time_us"][7] = batch.rows["time_us"][6]  # two reports of one second
    batch.rows["variant"][7] = 1
    writer = Writer(plain_database)
    await writer.write(batch, [], [], NOON_US, 1)
    await writer.close()
    return plain_database


async def rows_of(database: Database) -> Rows:
    async with database.pool.connection() as conn:
        return await stored_rows(conn)


async def exported(database: Database, path: Path) -> Path:
    async with database.pool.connection() as conn:
        organisation = await scalar(conn, "SELECT id FROM organisations")
    await run_export(
        Order(
            url=database.url, what="tracks", format=path.suffix[1:], path=str(path),  # type: ignore[arg-type]
            organisations=(organisation,), from_us=NOON_US - DAY_US, to_us=NOON_US + DAY_US,
        ),
        lambda _: None,
    )  # fmt: skip
    return path


def order_of(path: Path, **changes: Any) -> ImportOrder:
    given = {"from_us": WINDOW.from_us, "to_us": WINDOW.to_us, **changes}
    return ImportOrder(path=str(path), format=path.suffix[1:], **given)  # type: ignore[arg-type]


async def imported(database: Database, path: Path, **changes: Any) -> Told:
    return await take_in(database, order_of(path, **changes), lambda _: None)


def numbers(told: Told) -> tuple[int, int, int, int]:
    """Rows, stored, known already, refused."""
    assert told.done
    assert told.progress == 1.0
    return told.rows, told.stored, told.duplicates, told.refused


@pytest.mark.parametrize("ending", ["csv", "parquet"])
async def test_what_was_exported_comes_back(stored: Database, tmp_path: Path, ending: str) -> None:
    path = await exported(stored, tmp_path / f"a.{ending}")
    assert COUNT <= reading.row_count(path, ending) <= COUNT + 1
    before = await rows_of(stored)
    nothing_new = await imported(stored, path)
    assert numbers(nothing_new) == (COUNT, 0, COUNT, 0)
    async with stored.pool.connection() as conn:
        await conn.execute("DELETE FROM positions WHERE longitude_e6 % 2 = 0")
        await conn.execute("DELETE FROM imports")
    again = await imported(stored, path)
    assert numbers(again) == (COUNT, COUNT // 2, COUNT // 2, 0)
    after = await rows_of(stored)
    names = [name for name in before.dtype.names or () if name != "variant"]
    assert sorted(before[names].tolist()) == sorted(after[names].tolist())
    async with stored.pool.connection() as conn:
        assert await scalar(conn, "SELECT count(*) FROM positions WHERE attributes ? 'mileage_km'")


async def test_gpx_of_one_unit(stored: Database, tmp_path: Path) -> None:
    path = await exported(stored, tmp_path / "a.gpx")
    device_id = int((await rows_of(stored))["device_id"][0])
    async with stored.pool.connection() as conn:
        await conn.execute("DELETE FROM positions")
    with pytest.raises(MissingColumnError, match="--device"):
        await imported(stored, path)
    with pytest.raises(MissingColumnError, match="no unit 99"):
        await imported(stored, path, device_id=99)
    assert reading.row_count(path, "gpx") == COUNT
    assert (await imported(stored, path, device_id=device_id)).stored == COUNT
    rows = await rows_of(stored)
    assert set(rows["longitude_e6"].tolist()) == {118_000_000 + i for i in range(COUNT)}
    assert (rows["speed_kmh_e1"] == -1).all(), "GPX does not say"


async def test_an_import_goes_on_where_it_was(
    stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await exported(stored, tmp_path / "a.csv")
    before = await rows_of(stored)
    async with stored.pool.connection() as conn:
        await conn.execute("DELETE FROM positions")
    monkeypatch.setattr(reading, "ROWS", 7)
    steps: list[int] = []

    def stop_after(told: Told) -> None:
        steps.append(told.rows)
        assert told.progress == pytest.approx(told.rows / COUNT, abs=0.05)
        if random.Random(len(steps)).random() < 0.5:
            raise KeyboardInterrupt

    outcome = None
    for _ in range(20):
        try:
            outcome = await take_in(stored, order_of(path), stop_after)
            break
        except KeyboardInterrupt:
            continue
    assert outcome is not None
    assert steps == [7, 14, 21, 28, 35, 40], "no batch twice"
    assert outcome.resumed_at > 0
    assert numbers(outcome) == (COUNT, COUNT, 0, 0)
    assert len(await rows_of(stored)) == len(before)


async def test_a_wrong_row_is_told_and_the_others_are_stored(
    stored: Database, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    good = "苏A12345,2026-09-22T20:00:0{0}+08:00,118.5,32.5"
    lines = [
        "plate,time,longitude,latitude", good.format(0), "苏A99999,2026-09-22T12:00:00Z,118,32",
        "苏A12345,yesterday,118,32", "苏A12345,2026-09-22T12:00:00Z,east,32",
        "苏A12345,2026-09-22T12:00:00Z,218,32", "苏A12345,2006-09-22T12:00:00Z,118,32",
        "苏A12345,2026-09-22T12:00:00Z,nan,32", "苏A12345,2026-09-22T12:00:00Z,,32", good.format(1),
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    outcome = await imported(stored, path)
    assert numbers(outcome) == (9, 2, 0, 7)
    whys = dict(outcome.wrong)
    assert list(whys) == [2, 3, 4, 5, 6, 7, 8]
    assert whys[2].startswith("unit")
    assert whys[3].startswith("time")
    assert (whys[5], whys[6]) == ("longitude out of range", "time_out_of_range")


async def test_times_and_places_of_other_worlds(stored: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("device_id,time,longitude,latitude\n1,2026-09-22 21:00:00,118.5,32.5\n")
    await imported(stored, path, zone="Asia/Shanghai", datum="gcj02")
    rows = await rows_of(stored)
    (fresh,) = rows[rows["time_us"] > NOON_US + DAY_US // 48]
    assert fresh["time_us"] == NOON_US + DAY_US // 24
    assert 0.003e6 < 118_500_000 - fresh["longitude_e6"] < 0.01e6


async def test_what_came_in_is_judged_when_asked(stored: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("device_id,time,longitude,latitude\n1,2026-09-20T00:00:00Z,118.5,32.5\n")
    await imported(stored, path, judge=True)
    async with stored.pool.connection() as conn:
        assert await scalar(conn, "SELECT min(from_time)::date::text FROM rejudge") == "2026-09-20"


async def test_what_was_interrupted_or_is_in_already_is_judged_from_its_first_fix(
    stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    lines = [f"1,2026-09-{day}T00:00:00Z,118.5,32.5" for day in range(15, 21)]
    path.write_text("\n".join(["device_id,time,longitude,latitude", *lines]) + "\n")
    monkeypatch.setattr(reading, "ROWS", 2)

    def stop(told: Told) -> None:
        if told.rows == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await take_in(stored, order_of(path, judge=True), stop)
    for _ in range(2):  # the rest, then nothing new
        assert numbers(await imported(stored, path, judge=True)) == (6, 6, 0, 0)
        async with stored.pool.connection() as conn:
            first = await scalar(conn, "SELECT min(from_time)::date::text FROM rejudge")
            assert first == "2026-09-15"
            await conn.execute("DELETE FROM rejudge")


async def test_a_spreadsheet_s_encoding_is_told_how_to_mend(
    stored: Database, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("plate,time,longitude,latitude\n苏A12345,2026-09-22,118,32\n", encoding="gbk")
    with pytest.raises(UnreadableError, match="save it as UTF-8"):
        await imported(stored, path)


async def test_when_a_fix_was_received_is_read_as_its_time_and_may_be_unknown(
    stored: Database, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "device_id,time,received_at,longitude,latitude\n"
        "1,2026-09-22 21:00:00,2026-09-22 21:00:05,118.5,32.5\n"
        "1,2026-09-22 21:00:10,,118.5,32.5\n"
    )
    assert (await imported(stored, path, zone="Asia/Shanghai")).wrong == ()
    rows = await rows_of(stored)
    fresh = rows[rows["time_us"] >= NOON_US + DAY_US // 24]
    assert fresh["delay_ms"].tolist() == [5_000, 0]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"\xff\xfe\x00"), ("a.parquet", b"no parquet"), ("a.gpx", b"<gpx><trk>"),
     ("a.csv", b"time,longitude,latitude\n1,2\n")],
)  # fmt: skip
async def test_what_cannot_be_read_is_told(
    stored: Database, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises((UnreadableError, MissingColumnError)):
        await imported(stored, tmp_path / name)


async def test_a_terminal_that_sends_the_same_at_that_moment(
    stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await exported(stored, tmp_path / "a.csv")
    async with stored.pool.connection() as conn:
        await conn.execute("DELETE FROM positions")
    real, calls = run.copy_positions, []

    async def late(conn: Any, batch: PositionBatch) -> None:
        """Between the comparison and the copy somebody else commits the same."""
        calls.append(len(batch))
        if len(calls) == 1:
            async with stored.pool.connection() as other:
                await real(other, batch)
        await real(conn, batch)

    monkeypatch.setattr(run, "copy_positions", late)
    outcome = await imported(stored, path)
    assert numbers(outcome) == (COUNT, 0, COUNT, 0)
    assert calls == [COUNT, 0]
    assert len(await rows_of(stored)) == COUNT


async def test_what_was_mended_is_taken_in_by_the_same_file(
    stored: Database, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "plate,time,longitude,latitude\n苏A12345,2026-09-22T12:30:00Z,118.5,32.5\n"
        "苏A77777,2026-09-22T12:30:00Z,118.5,32.5\n",
        encoding="utf-8",
    )
    assert numbers(await imported(stored, path)) == (2, 1, 0, 1)
    async with stored.pool.connection() as conn:
        await unit(conn, identity="7", plate="苏A77777")
    assert numbers(await imported(stored, path)) == (2, 1, 1, 0)
    assert numbers(await imported(stored, path)) == (2, 1, 1, 0), "it is in"


async def test_only_units_of_the_scope_are_filled(stored: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("device_id,time,longitude,latitude\n1,2026-09-22T12:30:00Z,118.5,32.5\n")
    nobody = await imported(stored, path, organisations=(99,))
    assert numbers(nobody) == (1, 0, 0, 1)
    assert nobody.wrong == ((1, "unit cannot be read or is not known"),)
    assert numbers(await imported(stored, path)) == (1, 1, 0, 0), "another scope, another import"


@pytest.mark.parametrize("attributes", ["{", "[1]", '{"a": "\\u0000"}', '{"a": 1e999999}'])
async def test_attributes_that_no_database_takes(
    stored: Database, tmp_path: Path, attributes: str
) -> None:
    path = tmp_path / "a.csv"
    quoted = attributes.replace('"', '""')
    path.write_text(
        "device_id,time,longitude,latitude,attributes\n"
        f'1,2026-09-22T12:30:00Z,118.5,32.5,"{quoted}"\n1,2026-09-22T12:30:01Z,118.5,32.5,\n'
    )
    outcome = await imported(stored, path)
    assert numbers(outcome) == (2, 1, 0, 1)
    assert [row for row, _ in outcome.wrong] == [1]


async def test_inspectors_off_shift_are_not_stored_where_nobody_may_collect_them(
    stored: Database, tmp_path: Path
) -> None:
    async with stored.pool.connection() as conn:
        inspector = await unit(conn, identity="i1", kind="inspector")
    path = tmp_path / "a.csv"
    path.write_text(
        f"device_id,time,longitude,latitude\n{inspector.id},2026-09-22T12:30:00Z,118.5,32.5\n"
    )
    told = await imported(stored, path, drop_off_shift=True)
    assert (numbers(told), told.wrong) == ((1, 0, 0, 1), ((1, "off_shift"),))


async def test_a_large_gpx_is_not_kept_in_memory(tmp_path: Path) -> None:
    point = '<trkpt lon="118.5" lat="32.5"><time>2026-09-22T12:30:00Z</time></trkpt>'
    path = tmp_path / "a.gpx"
    path.write_text(f"<gpx><trk><trkseg>{point * 60_000}</trkseg></trk></gpx>")
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            peaks = []
            for table in reading.read_gpx(file):
                assert len(table["time"]) == reading.ROWS
                del table
                peaks.append(tracemalloc.get_traced_memory()[0])
        assert len(peaks) == 3
        assert peaks[2] < peaks[0] * 1.2
    finally:
        tracemalloc.stop()
