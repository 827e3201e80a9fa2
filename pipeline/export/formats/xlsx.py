"""Excel workbooks (ECMA-376), row by row: a sheet holds so many lines, then comes the next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xlsxwriter

from pipeline.export.columns import Kind, Page
from pipeline.export.formats.lists import as_lists

SHEET_ROWS = 1_048_575  # Excel's 2^20 less the headings


class XlsxWriter:
    """Times as ISO 8601 texts in UTC: a cell of a date has no zone."""

    def __init__(self, path: Path, columns: Mapping[str, Kind]) -> None:
        self._columns = columns
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "tmpdir": str(path.parent),
        }  # fmt: skip
        self._book = xlsxwriter.Workbook(path, options)
        self._line = SHEET_ROWS

    def write(self, page: Page) -> None:
        """Lines."""
        lists = as_lists(page, self._columns)
        for values in zip(*lists, strict=True):
            if self._line == SHEET_ROWS:
                self._begin_sheet()
            self._line += 1
            self._sheet.write_row(self._line, 0, values)

    def close(self) -> None:
        """Put the sheets together; an empty book has its headings."""
        if not self._book.worksheets():
            self._begin_sheet()
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.write_row(0, 0, list(self._columns))
        self._sheet.freeze_panes(1, 0)
        self._line = 0
