"""Pages as Arrow tables, for Parquet (parquet.apache.org/docs/file-format) and CSV (RFC 4180)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from pipeline.export.columns import Kind, Page, Values

_TYPES = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "time": pa.timestamp("us", "UTC"),
}
# What a spreadsheet would take for a formula.
_FORMULA = r"^([=+\-@\t\r])"
_BOM = b"\xef\xbb\xbf"  # without it Excel reads Chinese as something else


class ParquetWriter:
    """A row group a page; times in UTC, words as dictionaries, unknown as null."""

    def __init__(self, path: Path, columns: Mapping[str, Kind]) -> None:
        self._columns = columns
        schema = pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])
        words = [name for name, kind in columns.items() if kind == "text"]
        self._file = pa.parquet.ParquetWriter(
            path, schema, compression="zstd", use_dictionary=words
        )

    def write(self, page: Page) -> None:
        """A row group."""
        self._file.write_table(_table(page, self._columns))

    def close(self) -> None:
        """The footer."""
        self._file.close()


class CsvWriter:
    """UTF-8 with a byte order mark; times as ISO 8601 with Z; unknown is empty."""

    def __init__(self, path: Path, columns: Mapping[str, Kind]) -> None:
        self._columns = columns
        self._file = path.open("wb")
        self._file.write(_BOM)
        schema = pa.schema(
            [(name, pa.string() if kind == "time" else _TYPES[kind])
             for name, kind in columns.items()]
        )  # fmt: skip
        options = pa.csv.WriteOptions(quoting_style="needed")
        self._csv = pa.csv.CSVWriter(self._file, schema, write_options=options)

    def write(self, page: Page) -> None:
        """Lines."""
        table = _table(page, self._columns)
        for place, (name, kind) in enumerate(self._columns.items()):
            if kind == "time":
                text = pc.strftime(pc.cast(table[name], pa.timestamp("ms", "UTC"), safe=False),
                                   "%Y-%m-%dT%H:%M:%SZ")  # fmt: skip
                table = table.set_column(place, name, text)
            elif kind == "text":
                safe = pc.replace_substring_regex(table[name], _FORMULA, r"'\1")
                table = table.set_column(place, name, safe)
        self._csv.write_table(table)

    def close(self) -> None:
        """Nothing ends a CSV file."""
        self._csv.close()
        self._file.close()


def _table(page: Page, columns: Mapping[str, Kind]) -> Any:
    arrays = [_array(page.columns[name], kind) for name, kind in columns.items()]
    return pa.table(dict(zip(columns, arrays, strict=True)))


def _array(values: Values, kind: Kind) -> Any:
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        return pa.array(values.data, mask=mask).cast(_TYPES[kind])
    if kind == "time":
        return pa.array(np.asarray(values), pa.timestamp("us")).cast(_TYPES["time"])
    return pa.array(values, _TYPES[kind])
