"""Tables as people take them away: CSV and XLSX, with headings in their language."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import xlsxwriter
from fastapi import Response

Format = Literal["json", "csv", "xlsx"]
Language = Literal["zh", "en"]
Heads = Sequence[tuple[str, str, str]]  # column, Chinese, English
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_response(
    name: str,
    heads: Heads,
    rows: Sequence[dict[str, Any]],
    *,
    form: Literal["csv", "xlsx"],
    language: Language,
    zone: str,
) -> Response:
    """A file of the rows; times in the zone, as spreadsheets read them. Runs off the loop."""
    titles = [zh if language == "zh" else en for _, zh, en in heads]
    info = ZoneInfo(zone)
    cells = ([_cell(row.get(column), info) for column, _, _ in heads] for row in rows)
    content = _csv(titles, cells) if form == "csv" else _xlsx(titles, cells)
    return Response(
        content,
        media_type="text/csv" if form == "csv" else _XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
    )


def _csv(titles: Sequence[str], cells: Any) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows([_plain(value) for value in line] for line in cells)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(titles: Sequence[str], cells: Any) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        form = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(titles) - 1, 14)
        sheet.write_row(0, 0, titles, bold)
        for number, line in enumerate(cells, 1):
            for column, value in enumerate(line):
                if isinstance(value, date):  # a datetime is one, too
                    known = form if isinstance(value, datetime) else day
                    sheet.write_datetime(number, column, value, known)
                elif isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
    return file.getvalue()


def _cell(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return value


def _plain(value: Any) -> Any:
    """What begins like a formula must not be one in a spreadsheet."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
