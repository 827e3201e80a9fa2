"""Files as tables of some thousand rows at a time; columns by name, values as they stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from defusedxml.ElementTree import iterparse

ROWS = 20_000
BLOCK_BYTES = 4 << 20
MAX_HEADINGS_BYTES = 65_536
Table = dict[str, list[Any]]
# Column of ours: the element of a track point in GPX 1.0 and 1.1.
_GPX = {"altitude_m": "ele", "time": "time", "satellites": "sat", "course_deg": "course"}
_KMH_PER_MS = 3.6
_ROW_BEGINS = {"csv": b"\n", "gpx": b"<trkpt"}


class UnreadableError(ValueError):
    """The file is not what its name says; the text says what is wrong."""


def read_csv(file: BinaryIO) -> Iterator[Table]:
    """RFC 4180 with headings, UTF-8; every value a text."""
    try:
        names = file.readline(MAX_HEADINGS_BYTES).decode("utf-8-sig").strip()
        heads = [name.strip().strip('"') for name in names.split(",")]
        convert = pa.csv.ConvertOptions(
            column_types=dict.fromkeys(heads, pa.string()), strings_can_be_null=True,
            null_values=[""],
        )  # fmt: skip
        options = pa.csv.ReadOptions(block_size=BLOCK_BYTES, column_names=heads)
        with pa.csv.open_csv(file, read_options=options, convert_options=convert) as reader:
            for batch in reader:
                yield from _tables(pa.Table.from_batches([batch]))
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise UnreadableError(f"{error}{_hint(str(error))}") from error


def _hint(error: str) -> str:
    is_utf8 = "utf" not in error.lower()
    return "" if is_utf8 else ": save it as UTF-8 (a spreadsheet's own encoding is another)"


def read_parquet(file: BinaryIO) -> Iterator[Table]:
    """Columns by name, whatever their types."""
    try:
        with pa.parquet.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(ROWS):
                yield from _tables(pa.Table.from_batches([batch]))
    except pa.ArrowInvalid as error:
        raise UnreadableError(str(error)) from error


def read_gpx(file: BinaryIO) -> Iterator[Table]:
    """Points of all tracks; their speed, where GPX 1.0 or an extension has it, is in m/s."""
    rows: list[dict[str, Any]] = []
    above: list[Any] = []
    try:
        for event, element in iterparse(file, events=("start", "end")):
            if event == "start":
                above.append(element)
                continue
            above.pop()
            if _name(element) == "trkpt":
                rows.append(_point(element))
                above[-1].clear()  # else a track keeps all its points in memory
            if len(rows) == ROWS:
                yield _columns(rows)
                rows = []
    except Exception as error:  # expat and defusedxml have no common class of their own
        raise UnreadableError(str(error)) from error
    if rows:
        yield _columns(rows)


def row_count(path: Path, format_: str) -> int:
    """About how many rows a file has; at least 1. Raises UnreadableError."""
    try:
        if format_ == "parquet":
            return max(int(pa.parquet.read_metadata(path).num_rows), 1)
    except pa.ArrowInvalid as error:
        raise UnreadableError(str(error)) from error
    with path.open("rb") as file:
        pieces = iter(partial(file.read, BLOCK_BYTES), b"")
        return max(sum(piece.count(_ROW_BEGINS[format_]) for piece in pieces), 1)


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


READERS: dict[str, Callable[[BinaryIO], Iterator[Table]]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "gpx": read_gpx,
}
