"""`xunji calendar seed` fills the calendar, respects people's days, and says where it ends."""

from __future__ import annotations

import asyncio
from datetime import date

import psycopg
import pytest
from typer.testing import CliRunner

from model.calendar import CalendarDay
from storage.calendar import load_calendar, save_calendar
from tests.servers import DatabaseServer
from xunji.command_line import build_app
from xunji.commands.calendar import days_known, ends_soon


def test_seed_keeps_what_people_have_set(
    plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", url)
    first = CliRunner().invoke(build_app(), ["calendar", "seed"])
    assert first.exit_code == 0, first.output
    assert f"{len(days_known())} days added" in first.output
    ours = CalendarDay(date=date(2026, 10, 1), kind="workday", name="本市加班")

    async def change() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
            assert await save_calendar(conn, [ours], [date(2026, 10, 2)]) == 2

    async def read() -> dict[date, CalendarDay]:
        async with await psycopg.AsyncConnection.connect(url) as conn:
            return {day.date: day for day in await load_calendar(conn)}

    asyncio.run(change())
    assert "1 days added" in CliRunner().invoke(build_app(), ["calendar", "seed"]).output
    days = asyncio.run(read())
    assert days[date(2026, 10, 1)] == ours
    assert days[date(2026, 10, 2)].name == "国庆节"
    assert days[date(2026, 10, 10)] == CalendarDay(
        date=date(2026, 10, 10), kind="workday", name="国庆节调休"
    )


@pytest.mark.parametrize(
    ("until", "today", "warned"),
    [
        (date(2026, 12, 31), date(2026, 10, 1), False),
        (date(2026, 12, 31), date(2026, 11, 20), True),
        (date(2026, 12, 31), date(2027, 5, 1), True),
        (None, date(2026, 1, 1), True),
    ],
)
def test_it_is_loud_where_the_calendar_ends(until: date | None, today: date, warned: bool) -> None:
    warning = ends_soon(until, today)
    assert (warning is not None) is warned
    if warning:
        assert f"after {until}" in warning
        assert "xunji calendar seed" in warning
