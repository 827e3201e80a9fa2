"""`xunji calendar seed`: China's public holidays and swapped workdays into the calendar."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import typer

from model.calendar import CalendarDay
from rules.calendar import known_until
from storage.calendar import load_calendar, save_calendar
from storage.database import open_database
from storage.migrate import migrate
from storage.problems import DatabaseProblem
from xunji.settings import Settings

WARN_BEFORE = timedelta(days=45)  # next year's holidays are announced in October or November


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help="Holidays and swapped workdays.")
    group.callback()(lambda: None)
    group.command("seed")(seed)
    app.add_typer(group, name="calendar")


def seed() -> None:
    """Add China's holidays and swapped workdays; days that people have set stay as they are."""
    try:
        added, until = asyncio.run(_seed(days_known()))
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{added} days added; holidays are known until {until}")
    warning = ends_soon(until, datetime.now(UTC).date())
    if warning:
        typer.echo(warning, err=True)


def days_known() -> list[CalendarDay]:
    """All days that the package chinesecalendar names, by date."""
    chinese = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    days = [
        CalendarDay(date=day, kind="holiday", name=chinese[name])
        for day, name in chinese_calendar.holidays.items()
    ]
    days += [
        CalendarDay(date=day, kind="workday", name=f"{chinese[name]}调休")
        for day, name in chinese_calendar.workdays.items()
    ]
    return sorted(days, key=lambda day: day.date)


def ends_soon(until: date | None, today: date) -> str | None:
    """What to say when the calendar does not reach far enough."""
    if until is not None and until - today > WARN_BEFORE:
        return None
    return (
        f"WARNING: no holidays are known after {until}: from then on Monday to Friday count as"
        " workdays. Run pip install -U chinesecalendar and then xunji calendar seed, or enter the"
        " days by PUT /api/v1/calendar"
    )


async def _seed(days: list[CalendarDay]) -> tuple[int, date | None]:
    settings = Settings()
    database = await open_database(
        settings.database.url, settings.data_dir, timescale=settings.database.timescale
    )
    try:
        await migrate(database)
        conn = await database.connect()
        try:
            added = await save_calendar(conn, days, keep=True)
            return added, known_until(await load_calendar(conn))
        finally:
            await conn.close()
    finally:
        await database.close()
