"""Holidays and swapped workdays, as rules read them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from api.access import Conn, Reader, RuleEditor, State
from api.errors import ApiProblem
from model.calendar import CalendarDay
from pipeline.rosters import remake
from rules.calendar import known_until
from storage.calendar import load_calendar, save_calendar

router = APIRouter(tags=["rules"])
MAX_DAYS = 400


class DayShape(BaseModel):
    """A holiday or a workday, whatever its weekday."""

    date: date
    kind: Literal["holiday", "workday"]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class ChangedDay(BaseModel):
    """As DayShape; `plain`: again what its weekday says."""

    date: date
    kind: Literal["holiday", "workday", "plain"]
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class CalendarBody(BaseModel):
    """Days to change; others stay."""

    days: list[ChangedDay] = Field(min_length=1, max_length=MAX_DAYS)


class CalendarShape(BaseModel):
    """`known_until`: after this day no holiday is known and weekdays alone decide."""

    known_until: date | None
    days: list[DayShape]


@router.get("/calendar", response_model=CalendarShape)
async def shown(
    conn: Conn, _: Reader, year: Annotated[int | None, Query(ge=1970, le=2099)] = None
) -> Any:
    """The days that are not what their weekday says."""
    return await _calendar(conn, year)


@router.put("/calendar", response_model=CalendarShape)
async def change(body: CalendarBody, state: State, conn: Conn, caller: RuleEditor) -> Any:
    """Change days, for the whole server: people of its topmost organisation may. Shifts that
    rosters make follow."""
    if not caller.user.is_root:
        raise ApiProblem("forbidden", role=caller.user.role, permission="edit_calendar")
    dates = [day.date for day in body.days]
    if len(set(dates)) < len(dates):
        twice = {"field": "days", "message": "a date may stand in it once"}
        raise ApiProblem("invalid_request", fields=[twice])
    days = [
        CalendarDay(date=day.date, kind=day.kind, name=day.name)
        for day in body.days
        if day.kind != "plain"
    ]
    await save_calendar(conn, days, [day.date for day in body.days if day.kind == "plain"])
    await remake(conn, state.services.clock.now_us())
    return await _calendar(conn, None)


async def _calendar(conn: Conn, year: int | None) -> dict[str, Any]:
    days = await load_calendar(conn)
    return {
        "known_until": known_until(days),
        "days": [
            {"date": day.date, "kind": day.kind, "name": day.name}
            for day in days
            if year is None or day.date.year == year
        ],
    }
