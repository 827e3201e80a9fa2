"""Files as tables of some thousand rows at a time; columns by name, values as they stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from defusedxml.ElementTree import iterparse

ROWS = 20_000
BLOCK_BYTES = 4 << 20
Table = dict[str, list[Any]]
# Column of ours: the element of a track point in GPX 1.0 and 1.1.
_GPX = {"altitude_m": "ele", "time": "time", "satellites": "sat", "course_deg": "course"}
_KMH_PER_MS = 3.6


class UnreadableError(ValueError):
    """The file is not what its name says; the text says what is wrong."""


def read_csv(path: Path) -> Iterator[Table]:
    """RFC 4180 with headings, UTF-8; every value a text."""
    try:
        with path.open("rb") as file:
            names = file.readline().decode("utf-8-sig").strip()
        heads = [name.strip().strip('"') for name in names.split(",")]
        convert = pa.csv.ConvertOptions(
            column_types=dict.fromkeys(heads, pa.string()), strings_can_be_null=True,
            null_values=[""],
        )  # fmt: skip
        options = pa.csv.ReadOptions(block_size=BLOCK_BYTES, column_names=heads, skip_rows=1)
        with pa.csv.open_csv(path, read_options=options, convert_options=convert) as reader:
            for batch in reader:
                yield from _tables(pa.Table.from_batches([batch]))
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise UnreadableError(str(error)) from error


def read_parquet(path: Path) -> Iterator[Table]:
    """Columns by name, whatever their types."""
    try:
        with pa.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS):
                yield from _tables(pa.Table.from_batches([batch]))
    except pa.ArrowInvalid as error:
        raise UnreadableError(str(error)) from error


def read_gpx(path: Path) -> Iterator[Table]:
    """Points of all tracks; their speed, where GPX 1.0 or an extension has it, is in m/s."""
    rows: list[dict[str, Any]] = []
    try:
        for _, element in iterparse(path, events=("end",)):
            if _name(element) == "trkpt":
                rows.append(_point(element))
                element.clear()
            if len(rows) == ROWS:
                yield _columns(rows)
                rows = []
    except Exception as error:  # expat and defusedxml have no common class of their own
        raise UnreadableError(str(error)) from error
    if rows:
        yield _columns(rows)


def _tables(table: Any) -> Iterator[Table]:
    for start in range(0, table.num_rows, ROWS):
        piece = table.slice(start, ROWS)
        yield {name.strip(): piece[name].to_pylist() for name in piece.column_names}


def _point(element: Any) -> dict[str, Any]:
    found = {_name(child): (child.text or "").strip() for child in element.iter()}
    row: dict[str, Any] = {name: found.get(tag) for name, tag in _GPX.items()}
    row |= {"longitude": element.get("lon"), "latitude": element.get("lat")}
    try:
        row["speed_kmh"] = float(found["speed"]) * _KMH_PER_MS
    except (KeyError, ValueError):
        row["speed_kmh"] = None
    return row


def _columns(rows: list[dict[str, Any]]) -> Table:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


READERS: dict[str, Callable[[Path], Iterator[Table]]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "gpx": read_gpx,
}
