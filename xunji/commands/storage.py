"""`xunji storage`: what the database takes, when its disk is full, and what is made of it."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer

from storage.daily_summaries import mark_all
from storage.database import open_database
from storage.instants import from_datetime
from storage.migrate import migrate
from storage.problems import DatabaseProblem
from xunji.clock import SystemClock
from xunji.settings import Settings
from xunji.summaries import daily_summaries
from xunji.upkeep import StorageState, measure

BUSY_WAIT_S = 0.2


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    storage = typer.Typer(no_args_is_help=True, help="The database's disk.")
    storage.callback()(lambda: None)
    storage.command("report")(report)
    storage.command("rebuild-days")(rebuild_days)
    app.add_typer(storage, name="storage")


def report(
    *, as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False
) -> None:
    """Bytes a row, days and compression of each table, and the day on which the disk is full."""
    try:
        told = asyncio.run(_report(Settings()))
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode() if as_json else table(told))


def rebuild_days(
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="all that is stored")
    ] = None,
    device: Annotated[int | None, typer.Option(help="one unit's id; else all vehicles")] = None,
) -> None:
    """Make the daily summaries of vehicles anew from their stored positions."""
    try:
        count = asyncio.run(_rebuild_days(Settings(), since, device))
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    if not count:
        typer.echo("there is no such vehicle: GET /api/v1/devices lists them", err=True)
        sys.exit(1)
    typer.echo(f"units whose days were made anew: {count}")


async def _rebuild_days(settings: Settings, since: datetime | None, device: int | None) -> int:
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        await migrate(database)
        local = since and since.replace(tzinfo=ZoneInfo(settings.rules.zone))
        async with database.pool.connection() as conn:
            count = await mark_all(conn, from_datetime(local) if local else 0, device)
        days = daily_summaries(database, SystemClock(), settings)
        while not await days.once():
            await asyncio.sleep(BUSY_WAIT_S)  # a server may be at it, too
    finally:
        await database.close()
    return count


async def _report(settings: Settings) -> dict[str, Any]:
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            await conn.execute("ANALYZE positions, raw_frames")
            state = await measure(conn, database, settings, time.time_ns() // 1000)
    finally:
        await database.close()
    return {"mode": database.mode, **figures(state)}


def figures(state: StorageState) -> dict[str, Any]:
    """As it is told to people and programs."""
    tables = {}
    for name, days in state.usage.days.items():
        each = state.usage.bytes_a_row(name)
        tables[name] = {
            "bytes": sum(day.bytes for day in days),
            "rows": sum(day.rows for day in days),
            "bytes_a_row": None if each is None else round(each, 1),
            "days": len(days),
            "compressed_days": sum(day.compressed for day in days),
            "first_day": str(days[0].day) if days else None,
        }
    disk = state.disk
    return {
        "columnstore": state.columnstore,
        "chunk_hours": state.chunk_hours,
        "database_bytes": state.usage.total_bytes,
        "tables": tables,
        "disk": disk and {"total_bytes": disk.total_bytes, "free_bytes": disk.free_bytes},
        "level": state.level,
        "full_on": state.full and str(state.full),
    }


def table(told: dict[str, Any]) -> str:
    """For people."""
    head = f"{'table':<12}{'MB':>10}{'rows':>14}{'bytes a row':>13}{'days':>6}{'compressed':>12}"
    lines = [
        f"mode {told['mode']}, columnstore {'yes' if told['columnstore'] else 'no'},"
        f" database {told['database_bytes'] / 1e6:,.1f} MB, new chunks {told['chunk_hours']} h",
        head,
    ]
    for name, one in told["tables"].items():
        lines.append(
            f"{name:<12}{one['bytes'] / 1e6:>10,.1f}{one['rows']:>14,}"
            f"{one['bytes_a_row'] or '-':>13}{one['days']:>6}{one['compressed_days']:>12}"
        )
    disk = told["disk"]
    if disk is None:
        return "\n".join([*lines, "disk: not known; set XUNJI_DATABASE__DISK_GIGABYTES"])
    free = f"disk: {disk['free_bytes'] / 1e9:,.1f} of {disk['total_bytes'] / 1e9:,.1f} GB free"
    full = told["full_on"] or "never at this pace: retention drops as much as comes"
    return "\n".join([*lines, f"{free} ({told['level']}); full on: {full}"])
