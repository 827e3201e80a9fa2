"""Permits and waybills in CSV files: every refusal names its line and field, all or none.

A sheet is a table of columns; headings may be English or Chinese, files UTF-8 or GB 18030 (as
Chinese spreadsheets write them). Times without an offset are Beijing time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.shapes.permits import LineProblem, SheetImport
from storage.database import Connection
from storage.in_force import fences_in_force
from storage.registers import devices

MAX_BYTES = 4 << 20
MAX_LINES = 10_000
MAX_PROBLEMS = 100


class FieldError(Exception):
    """What is wrong with a field, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Register:
    """What a file may name. `units`: plate, identity or name -> (device, organisation);
    `fences`: code or name -> id; `patterns` of shifts and `organisations`: name -> id; None where
    several have it."""

    units: Mapping[str, tuple[int, int] | None]
    fences: Mapping[str, int | None]
    patterns: Mapping[str, int | None] = field(default_factory=dict)
    organisations: Mapping[str, int | None] = field(default_factory=dict)


Parse = Callable[[str, Register], Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its headings in English and Chinese, and how its text is read."""

    name: str
    zh: str
    parse: Parse
    required: bool = True


@dataclass(slots=True)
class Sheet:
    """The lines of a file as values by column name (None: left empty), with their numbers."""

    lines: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)
    problem_count: int = 0

    def problem(self, line: int, name: str, error: FieldError) -> None:
        """Note a problem; the first hundred are listed, all are counted."""
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(LineProblem(line=line, field=name, zh=error.zh, en=error.en))

    def shown(self, ids: Sequence[int] = ()) -> SheetImport:
        """What came of it."""
        return SheetImport(
            count=len(self.lines),
            ids=list(ids),
            problem_count=self.problem_count,
            problems=self.problems,
        )


async def load_register(conn: Connection, visible: Sequence[int], now_us: int) -> Register:
    """Everything that a file of someone who sees these organisations may name."""
    units: dict[str, tuple[int, int] | None] = {}
    for row in await devices(conn, visible):
        for name in {row["plate"], row["identity"], row["name"]} - {None, ""}:
            _enter(units, name, (row["id"], row["organisation_id"]))
    fences: dict[str, int | None] = {}
    for row in await fences_in_force(conn, visible, now_us):
        for name in {row["code"], row["name"], f"#{row['id']}"} - {None, ""}:
            _enter(fences, name, row["id"])
    return Register(units, fences)


def _enter(table: dict[str, Any], name: str, value: object) -> None:
    table[name] = value if table.get(name, value) == value else None


def read_sheet(data: bytes, headings: Sequence[Heading], register: Register) -> Sheet:
    """The file's lines, read by their headings."""
    sheet = Sheet()
    text = _text(data, sheet)
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        columns = _columns(next(reader, []), headings, sheet)
        if sheet.problems:
            return sheet
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(sheet.lines) >= MAX_LINES:
                limit = FieldError(f"超过 {MAX_LINES} 行", f"has over {MAX_LINES} lines")
                sheet.problem(reader.line_num, "", limit)
                break
            values = _values(cells, columns, register, sheet, reader.line_num)
            sheet.lines.append((reader.line_num, values))
    except csv.Error as error:
        broken = FieldError(f"不是有效的 CSV：{error}", f"not a CSV file: {error}")
        sheet.problem(reader.line_num, "", broken)
    return sheet


def _text(data: bytes, sheet: Sheet) -> str:
    if len(data) > MAX_BYTES:
        big = FieldError(f"文件超过 {MAX_BYTES} 字节", f"has over {MAX_BYTES} bytes")
        sheet.problem(0, "", big)
        return ""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    sheet.problem(0, "", FieldError("编码应为 UTF-8 或 GB18030", "write it in UTF-8 or GB 18030"))
    return ""


def _columns(
    cells: Sequence[str], headings: Sequence[Heading], sheet: Sheet
) -> list[tuple[int, Heading]]:
    by_name = {name: heading for heading in headings for name in (heading.name, heading.zh)}
    found: dict[str, tuple[int, Heading]] = {}
    for place, cell in enumerate(cells):
        heading = by_name.get(cell.strip())
        known = ", ".join(heading.name for heading in headings)
        if heading is None:
            sheet.problem(
                1,
                cell[:60],
                FieldError(f"没有这一列；可用：{known}", f"no such column; use {known}"),
            )
        elif heading.name in found:
            sheet.problem(1, heading.name, FieldError("该列出现两次", "stands in the file twice"))
        else:
            found[heading.name] = (place, heading)
    for heading in headings:
        if heading.required and heading.name not in found and not sheet.problems:
            missing = FieldError(f"缺少“{heading.zh}”列", f"the column {heading.name} is missing")
            sheet.problem(1, heading.name, missing)
    return list(found.values())


def _values(
    cells: Sequence[str],
    columns: Sequence[tuple[int, Heading]],
    register: Register,
    sheet: Sheet,
    line: int,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for place, heading in columns:
        text = cells[place].strip() if place < len(cells) else ""
        try:
            if text:
                values[heading.name] = heading.parse(text, register)
            elif heading.required:
                raise FieldError("不能为空", "must not be empty")
        except FieldError as error:
            sheet.problem(line, heading.name, error)
    return values
