"""Exports: every format holds what is stored, whatever its size, and its readers read it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import msgspec
import pyarrow.parquet
import pytest

from geofence.datum import wgs84_to_gcj02
from model.position import FixSource, PositionBatch
from model.signals import NO, YES, pack
from pipeline.export.order import Format, Order, Told
from pipeline.export.run import run_export
from storage.database import Database
from storage.instants import DAY_US
from storage.partitions import Partitions, day_of
from storage.variants import copy_positions
from storage.writer import Writer
from tests.api.town import build_town
from tests.storage.rows import NOON_US, SECOND_US, fixes, unit

GPX = "{http://www.topografix.com/GPX/1/1}"
KML, GX = "{http://www.opengis.net/kml/2.2}", "{http://www.google.com/kml/ext/2.2}"
TIMES_S = [*range(0, 100, 10), *range(1_000, 1_050, 10)]


@pytest.fixture
async def stored(plain_database: Database) -> Database:
    """A unit's fifteen fixes with a gap; the third is not positioned, the second has attributes."""
    async with plain_database.pool.connection() as conn:
        device = await unit(conn, plate="苏A12345", name="=一号<车>")
    batch = fixes(
        TIMES_S,
        device_id=device.id,
        organisation_id=device.organisation_id,
        attributes=[None, '{"mileage_km": 1.5}', *[None] * 13],
        signals=pack(loaded=YES, cover_closed=NO),
        alarm_bits=0b10,
        delay_ms=1_500,
        speed_kmh_e1=123,
    )
    batch.rows["fix_source"][2] = FixSource.NONE
    writer = Writer(plain_database)
    await writer.write(batch, [], [], NOON_US, 1)
    await writer.close()
    return plain_database


async def exported(database: Database, path: Path, **changes: Any) -> tuple[Told, list[Told]]:
    async with database.pool.connection() as conn:
        cursor = await conn.execute("SELECT id FROM organisations")
        everyone = tuple(row[0] for row in await cursor.fetchall())
    given: dict[str, Any] = {
        "url": database.url, "what": "tracks", "format": path.suffix[1:], "path": str(path),
        "organisations": everyone, "from_us": NOON_US - DAY_US, "to_us": NOON_US + DAY_US,
    }  # fmt: skip
    said: list[Told] = []
    told = await run_export(Order(**(given | changes)), said.append)
    assert not list(path.parent.glob(".*.part"))
    return told, said


async def test_csv(stored: Database, tmp_path: Path) -> None:
    told, _ = await exported(stored, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text("utf-8-sig")
    lines = list(csv.DictReader(text.splitlines()))
    assert (told.rows, told.done, len(lines)) == (15, True, 15)
    first, second, third = lines[:3]
    assert (first["plate"], first["name"]) == ("苏A12345", "'=一号<车>")
    assert (first["time"], first["received_at"]) == (
        "2026-09-22T12:00:00.000Z", "2026-09-22T12:00:01.500Z",
    )  # fmt: skip
    assert (first["longitude"], first["latitude"], first["speed_kmh"]) == ("118", "32", "12.3")
    assert (first["altitude_m"], first["course_deg"]) == ("", "")
    assert (first["signals"], first["alarms"]) == ("loaded=full cover_closed=no", "overspeed")
    assert json.loads(second["attributes"]) == {"mileage_km": 1.5}
    assert third["fix_source"] == "none"


async def test_parquet(stored: Database, tmp_path: Path) -> None:
    await exported(stored, tmp_path / "a.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
    rows = table.to_pylist()
    assert [row["longitude"] for row in rows] == [118 + i / 1e6 for i in range(15)]
    assert (rows[0]["altitude_m"], rows[0]["satellites"], rows[0]["name"]) == (
        None, None, "=一号<车>",
    )  # fmt: skip


async def test_xlsx(stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.export.formats.xlsx.SHEET_ROWS", 10)
    await exported(stored, tmp_path / "a.xlsx")
    with ZipFile(tmp_path / "a.xlsx") as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        lines = [book.read(name).count(b"<row ") for name in sorted(sheets)]
        text = "".join(book.read(name).decode() for name in book.namelist())
    assert lines == [11, 6]
    assert "<f>" not in text, "what looks like a formula is text"
    assert "苏A12345" in text


async def test_gpx(stored: Database, tmp_path: Path) -> None:
    await exported(stored, tmp_path / "a.gpx")
    root = ElementTree.parse(tmp_path / "a.gpx").getroot()
    assert [name.text for name in root.iter(f"{GPX}name")] == ["苏A12345"] * 2
    lengths = [len(segment.findall(f"{GPX}trkpt")) for segment in root.iter(f"{GPX}trkseg")]
    assert lengths == [9, 5], "unpositioned fixes are left out, a gap parts"
    point = root.find(f".//{GPX}trkpt")
    assert point is not None
    assert point.attrib == {"lat": "32.0", "lon": "118.0"}
    assert [child.tag for child in point] == [f"{GPX}time"]


async def test_kml(stored: Database, tmp_path: Path) -> None:
    await exported(stored, tmp_path / "a.kml", datum="gcj02")
    root = ElementTree.parse(tmp_path / "a.kml").getroot()
    (first, second) = root.iter(f"{GX}Track")
    for tag in (f"{KML}when", f"{GX}coord", f".//{GX}value"):
        assert (len(first.findall(tag)), len(second.findall(tag))) == (9, 5)
    coord = first.find(f"{GX}coord")
    assert coord is not None
    shifted = [float(axis[()]) for axis in wgs84_to_gcj02(118.0, 32.0)]
    assert [float(part) for part in str(coord.text).split()[:2]] == pytest.approx(shifted, abs=1e-6)


async def test_geojson(stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.export.formats.pieces.PIECE_FIXES", 5)
    await exported(stored, tmp_path / "a.geojson")
    found = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    lines = [f["geometry"]["coordinates"] for f in found["features"]]
    assert [len(line) for line in lines] == [5, 5, 5]
    assert lines[0][-1] == lines[1][0], "a line that is cut for its length goes on"
    for feature in found["features"]:
        assert feature["properties"]["plate"] == "苏A12345"
        assert len(feature["properties"]["times"]) == len(feature["geometry"]["coordinates"])


@pytest.mark.parametrize("format_", ["csv", "xlsx", "parquet", "gpx", "kml", "geojson"])
async def test_violations_and_nothing(
    plain_database: Database, tmp_path: Path, format_: Format
) -> None:
    town = await build_town(plain_database)
    path = tmp_path / f"a.{format_}"
    told, _ = await exported(plain_database, path, what="violations")
    assert told.rows == 2
    if format_ != "parquet":
        content = path.read_bytes()
        if format_ == "xlsx":
            with ZipFile(path) as book:
                content = b"".join(book.read(name) for name in book.namelist())
        assert "苏A00000".encode() in content
    mine = (town.organisations["b"],)
    told, _ = await exported(plain_database, path, what="violations", organisations=mine)
    assert told.rows == 1
    empty, _ = await exported(plain_database, path, to_us=NOON_US - 1)
    assert (empty.rows, empty.done, path.stat().st_size > 0) == (0, True, True)


async def test_only_what_is_asked_and_no_more_than_may_be(stored: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    told, _ = await exported(stored, path, device_ids=(999,))
    assert told.rows == 0
    told, _ = await exported(stored, path, organisations=(999,))
    assert told.rows == 0
    told, said = await exported(stored, path, max_rows=3)
    assert (told.cut, told.rows) == (True, 15), "the page that goes over is kept whole"
    assert 0 < said[0].progress <= 1


async def test_memory_does_not_grow_with_the_rows(plain_database: Database, tmp_path: Path) -> None:
    """The exporting process itself, over 60,000 and 240,000 fixes."""
    counts, peaks = (60_000, 240_000), []
    async with plain_database.pool.connection() as conn:
        device = await unit(conn)
        await Partitions().ensure(conn, range(day_of(NOON_US), day_of(NOON_US) + 4))
        batch = fixes(range(counts[1]), device_id=device.id)
        batch.rows["organisation_id"] = device.organisation_id
        await copy_positions(conn, PositionBatch(batch.rows))
    for count in counts:
        order = Order(
            url=plain_database.url, what="tracks", format="csv", path=str(tmp_path / "a.csv"),
            organisations=(device.organisation_id,), from_us=NOON_US,
            to_us=NOON_US + count * SECOND_US,
        )  # fmt: skip
        said, peak_kb = in_process(order)
        assert said[-1].rows == count
        peaks.append(peak_kb)
    assert peaks[1] < 300_000
    assert peaks[1] - peaks[0] < 20_000, "four times the rows, the same memory"
    lines = (tmp_path / "a.csv").read_bytes().count(b"\n")
    assert lines == counts[1] + 1


# The peak of resource.getrusage would be that of the process that started this one.
_CHILD = """
import re, runpy
from pathlib import Path
try:
    runpy.run_module("pipeline.export", run_name="__main__")
finally:
    print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def in_process(order: Order) -> tuple[list[Told], int]:
    """What the process told, and its peak of memory in KiB."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=msgspec.json.encode(order),
        capture_output=True,
        check=True,
    )
    *lines, peak = done.stdout.splitlines()
    return [msgspec.json.decode(line, type=Told) for line in lines], int(peak)
