"""`xunji migrate`: bring the database's schema up to date, or say where it stands."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from storage import migrate as migrations
from storage.database import open_database
from storage.problems import DatabaseProblem
from xunji.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate(
    *,
    status: Annotated[bool, typer.Option("--status", help="only list what is applied")] = False,
) -> None:
    """Apply the pending migrations (`xunji serve` does so, too, when it starts)."""
    try:
        asyncio.run(_migrate(Settings(), only_status=status))
    except ValidationError as error:
        typer.echo(f"{error}\nrun xunji doctor for advice", err=True)
        sys.exit(2)
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


async def _migrate(settings: Settings, *, only_status: bool) -> None:
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        if not only_status:
            for name in await migrations.migrate(database):
                typer.echo(f"{name}: applied now")
        for name, state in await migrations.status(database):
            typer.echo(f"{name}: {state}")
        typer.echo(f"mode: {database.mode}")
    finally:
        await database.close()
