"""The register as a CSV file: units, and tokens for those whose line asks for one; all or none."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from pydantic import ValidationError

from api.shapes.units import NewDevice
from api.sheets import FieldError, Heading, Register, Sheet, read_sheet
from model.plates import normal_plate
from model.rulebook import Device
from model.vehicles import UnitKind
from protocols.registry import protocols_by_name
from storage.database import Connection
from storage.registers import known_identities, organisations
from storage.rulebook import register_device
from storage.sightings import take_over_plate
from storage.terminal_tokens import Holder, issue_token

KINDS = {
    "清扫车": "sweeper", "洒水车": "water_truck", "渣土车": "muck_truck", "商砼车": "mixer",
    "垃圾车": "garbage_truck", "巡查员": "inspector", "其他": "other",
}  # fmt: skip
ISSUE = {"new", "yes", "1", "新", "是"}
TAG_SEPARATORS = ";；"


def _kind(value: str, _: Register) -> str:
    """A kind of unit, in English or Chinese."""
    found = KINDS.get(value, value)
    if found not in set(UnitKind):
        known = ", ".join(UnitKind)
        raise FieldError(f"没有类别“{value}”；可用：{'、'.join(KINDS)}", f"no kind; use {known}")
    return found


def _protocol(value: str, _: Register) -> str:
    known = protocols_by_name()
    if value.lower() not in known:
        names = ", ".join(sorted(known))
        raise FieldError(f"没有协议“{value}”；可用：{names}", f"no protocol; use {names}")
    return value.lower()


def _organisation(value: str, register: Register) -> int:
    found = register.organisations.get(value)
    if found is None:
        several = value in register.organisations
        raise FieldError(
            f"{'有多个' if several else '没有'}单位叫“{value}”",
            f"{'several organisations are' if several else 'no organisation is'} called {value!r}",
        )
    return found


def _tags(value: str, _: Register) -> list[str]:
    for separator in TAG_SEPARATORS:
        value = value.replace(separator, ";")
    return [tag.strip() for tag in value.split(";") if tag.strip()]


def _issue(value: str, _: Register) -> bool:
    """Whether to issue a token: the file never holds one."""
    if value.lower() not in ISSUE:
        raise FieldError("填 new（新发令牌）或留空", "write new, or leave it empty")
    return True


def _as_it_is(value: str, _: Register) -> str:
    return value


COLUMNS = (
    Heading("identity", "标识", _as_it_is),
    Heading("protocol", "协议", _protocol),
    Heading("kind", "类别", _kind),
    Heading("name", "名称", _as_it_is),
    Heading("plate", "车牌", _as_it_is, required=False),
    Heading("organisation", "单位", _organisation, required=False),
    Heading("tags", "标签", _tags, required=False),
    Heading("token", "令牌", _issue, required=False),
)


async def import_register(
    conn: Connection, visible: Sequence[int], own: int, data: bytes, now_us: int, *, dry: bool
) -> tuple[Sheet, list[int], list[tuple[Holder, str]]]:
    """Units of a file into the caller's own organisation or the one that a line names: the sheet,
    their ids, and the tokens that were issued."""
    names: dict[str, int | None] = {}
    for row in await organisations(conn, visible):
        names[row["name"]] = None if row["name"] in names else row["id"]
    register = replace(Register({}, {}), organisations=names)
    sheet = await asyncio.to_thread(read_sheet, data, COLUMNS, register)
    units = _checked(sheet, own)
    await _known_already(conn, sheet)
    if sheet.problem_count or dry:
        return sheet, [], []
    wanted = [bool(line.get("token")) for _, line in sheet.lines]
    async with conn.transaction():
        return sheet, *await _stored(conn, units, wanted, now_us)


def _checked(sheet: Sheet, own: int) -> list[Device]:
    """The lines as units; what a request would refuse is a problem of its line."""
    units = []
    for number, line in sheet.lines:
        values = {name: line[name] for name in line if name not in ("organisation", "token")}
        try:
            unit = NewDevice(**values, organisation_id=line.get("organisation", own))
        except ValidationError as error:
            for fault in error.errors():
                name = str(fault["loc"][0]) if fault["loc"] else ""
                if name in values:  # what is missing has been told already
                    wrong = FieldError(f"不符合要求：{fault['msg']}", fault["msg"])
                    sheet.problem(number, name, wrong)
            continue
        units.append(msgspec.convert({**unit.model_dump(), "id": 0}, Device))
    return units


async def _known_already(conn: Connection, sheet: Sheet) -> None:
    """A terminal stands once in the file, and not in the register."""
    keys = [(line.get("protocol"), line.get("identity")) for _, line in sheet.lines]
    twice = {key for key, count in Counter(keys).items() if count > 1 and None not in key}
    known = await known_identities(conn, [key[1] for key in keys if key[1]])
    for (number, _), key in zip(sheet.lines, keys, strict=True):
        if key in twice:
            sheet.problem(number, "identity", FieldError("在文件中出现两次", "stands here twice"))
        elif key in known:
            sheet.problem(number, "identity", FieldError("已登记", "is in the register already"))


async def _stored(
    conn: Connection, units: Sequence[Device], wanted: Sequence[bool], now_us: int
) -> tuple[list[int], list[tuple[Holder, str]]]:
    ids, tokens = [], []
    for unit, wants in zip(units, wanted, strict=True):
        registered = await register_device(conn, unit)
        ids.append(registered.id)
        if unit.plate:
            await take_over_plate(conn, registered.id, normal_plate(unit.plate), now_us)
        issued = await issue_token(conn, None, registered.id) if wants else None
        if issued is not None:
            tokens.append(issued)
    return ids, tokens
