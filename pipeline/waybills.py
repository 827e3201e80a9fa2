"""Waybills that terminals report become waybills of the register, as their profiles read them.

The message is stored and acknowledged first (`pipeline.notes`); what lies there unread is read
here, so that a crash in between loses nothing. What cannot be read keeps its text and the reason,
and is tried again from time to time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from model.permits import Waybill
from pipeline.contract import Clock
from protocols.contract import ProtocolError
from protocols.jt808.waybill_text import WaybillForm, WaybillText, read_waybill, text_of
from storage.database import Connection, Database
from storage.instants import from_datetime
from storage.terminal_waybills import (
    UnreadWaybill,
    note_outcome,
    places_of,
    retry_waybills,
    unread_waybills,
)
from storage.waybills import WAYBILL_DAYS, list_waybills, save_waybills

_log = structlog.get_logger(__name__)
EVERY_S = 2.0
RETRY_EVERY_S = 600.0
TOGETHER = 100
_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000
FormOf = Callable[[str], WaybillForm | None]
# code: Chinese and English, with what is in the way.
PROBLEMS = {
    "no_form": (
        "终端的配置文件没有联单格式（{why}）",
        "the terminal's profile has no [waybill] form ({why})",
    ),
    "unreadable": ("联单内容与配置文件不符：{why}", "it does not fit the profile: {why}"),
    "no_fence": ("没有（唯一的）围栏“{why}”", "no fence, or several, by the name {why!r}"),
    "other_unit": ("联单号 {why} 属于另一辆车", "the number {why} is that of another unit"),
    "period": ("失效时间不晚于签发时间（{why}）", "it ends before it begins ({why})"),
}


class _Problem(Exception):
    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why

    def shown(self) -> dict[str, str]:
        zh, en = PROBLEMS[self.code]
        return {"problem": self.code, "zh": zh.format(why=self.why), "en": en.format(why=self.why)}


class WaybillReading:
    """Run `run()` as a task and cancel it to stop. `form_of`: how a terminal (its identity) writes
    its waybills."""

    def __init__(self, database: Database, clock: Clock, form_of: FormOf) -> None:
        self._database, self._clock, self._form_of = database, clock, form_of
        self._retried_s = float("-inf")

    async def run(self) -> None:
        """Every two seconds; a database that is away is tried again next time."""
        while True:
            try:
                async with self._database.pool.connection() as conn:
                    await self._retry(conn)
                    await self.once(conn)
            except Exception as error:
                _log.warning("waybills_wait", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def once(self, conn: Connection) -> int:
        """Read what is there; how many messages."""
        now_us = self._clock.now_us()
        count = after_id = 0
        while found := await unread_waybills(conn, self._since_us(), after_id, TOGETHER):
            places: dict[int, Mapping[str, int | None]] = {}
            for message in found:
                if message.organisation_id not in places:
                    near = await places_of(conn, message.organisation_id, now_us)
                    places[message.organisation_id] = near
                await self._read(conn, message, places[message.organisation_id])
            await conn.commit()
            count, after_id = count + len(found), found[-1].id
        return count

    def _since_us(self) -> int:
        return self._clock.now_us() - WAYBILL_DAYS * _DAY_US

    async def _retry(self, conn: Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._retried_s + RETRY_EVERY_S:
            await retry_waybills(conn, self._since_us())
            await conn.commit()
            self._retried_s = now_s

    async def _read(
        self, conn: Connection, message: UnreadWaybill, places: Mapping[str, int | None]
    ) -> None:
        """One message, and what came of it."""
        data = bytes.fromhex(message.content.get("data", ""))
        form = self._form_of(message.identity)
        outcome: dict[str, Any] = {"text": text_of(data, form.encoding if form else "gbk")}
        try:
            if form is None:
                raise _Problem("no_form", message.identity)
            told = _told(form, data)
            waybill = _waybill(told, message, form, places)
            outcome["waybill_id"] = await _enter(conn, waybill, told)
        except _Problem as problem:
            outcome |= problem.shown()
        await note_outcome(conn, message.id, outcome)


def _told(form: WaybillForm, data: bytes) -> WaybillText:
    try:
        return read_waybill(form, data)
    except ProtocolError as error:
        raise _Problem("unreadable", error.detail) from error


def _waybill(
    told: WaybillText,
    message: UnreadWaybill,
    form: WaybillForm,
    places: Mapping[str, int | None],
) -> Waybill:
    fences = [places.get(name) for name in (told.site, told.dump)]
    for name, fence in zip((told.site, told.dump), fences, strict=True):
        if fence is None:
            raise _Problem("no_fence", name)
    received_us = from_datetime(message.received_at)
    issued_us = received_us if told.issued_us is None else told.issued_us
    valid_to_us = told.valid_to_us or issued_us + round(form.valid_h * _HOUR_US)
    if valid_to_us <= issued_us:
        raise _Problem("period", told.number)
    return Waybill(
        id=0,
        organisation_id=message.organisation_id,
        number=told.number,
        device_id=message.device_id,
        site_fence_id=fences[0] or 0,
        dump_fence_id=fences[1] or 0,
        volume_m3=told.volume_m3,
        issued_us=issued_us,
        valid_to_us=valid_to_us,
        cancelled_us=received_us if told.cancelled else None,
    )


async def _enter(conn: Connection, waybill: Waybill, told: WaybillText) -> int:
    """The waybill's id. What is cancelled stays cancelled; what says nothing new changes nothing;
    saying it again without times does not prolong it."""
    known = await list_waybills(conn, [waybill.organisation_id], {"number": waybill.number}, 1)
    if not known:
        return (await save_waybills(conn, [waybill]))[0].id
    if known[0].device_id != waybill.device_id:
        raise _Problem("other_unit", waybill.number)
    same = msgspec.structs.replace(
        waybill,
        id=known[0].id,
        issued_us=known[0].issued_us if told.issued_us is None else told.issued_us,
        valid_to_us=known[0].valid_to_us if told.valid_to_us is None else told.valid_to_us,
        cancelled_us=known[0].cancelled_us or waybill.cancelled_us,
    )
    if same != known[0]:
        await save_waybills(conn, [same])
    return known[0].id
