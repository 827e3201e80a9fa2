"""`xunji permits import` and `import-waybills`: transport permits and waybills from CSV files."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.permit_file import import_permits, import_waybills
from api.sheets import Sheet
from storage.database import Connection, open_database
from storage.migrate import migrate
from storage.problems import DatabaseProblem
from xunji.clock import SystemClock
from xunji.settings import Settings

Work = Callable[[Connection, list[int]], Awaitable[Sheet]]
_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what is in it")]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    permits = typer.Typer(no_args_is_help=True, help="Transport permits and waybills from files.")
    permits.callback()(lambda: None)
    permits.command("import")(import_)
    permits.command("import-waybills")(import_waybills_)
    app.add_typer(permits, name="permits")


def import_(file: _File, *, dry_run: _DryRun = False) -> None:
    """Store the permits of a CSV file, all or none; a known number gets its next version."""

    async def work(conn: Connection, organisations: list[int]) -> Sheet:
        data, now_us = file.read_bytes(), SystemClock().now_us()
        return (await import_permits(conn, organisations, data, now_us, dry=dry_run))[0]

    _do(work, dry_run)


def import_waybills_(file: _File, *, dry_run: _DryRun = False) -> None:
    """Store the waybills of a CSV file, all or none; a known number is replaced."""

    async def work(conn: Connection, organisations: list[int]) -> Sheet:
        data, now_us = file.read_bytes(), SystemClock().now_us()
        return (await import_waybills(conn, organisations, data, now_us, dry=dry_run))[0]

    _do(work, dry_run)


def _do(work: Work, dry_run: bool) -> None:
    try:
        sheet = asyncio.run(_with_database(work))
    except (DatabaseProblem, ValidationError, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    for wrong in sheet.problems:
        typer.echo(f"line {wrong.line}, {wrong.field}: {wrong.en}", err=True)
    if sheet.problem_count:
        typer.echo(f"{sheet.problem_count} problems: nothing is stored", err=True)
        sys.exit(1)
    typer.echo(f"{len(sheet.lines)} {'would be ' if dry_run else ''}stored")


async def _with_database(work: Work) -> Sheet:
    settings = Settings()
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            cursor = await conn.execute("SELECT id FROM organisations ORDER BY id")
            return await work(conn, [row[0] for row in await cursor.fetchall()])
    finally:
        await database.close()
