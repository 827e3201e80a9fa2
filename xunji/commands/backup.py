"""`xunji backup` and `xunji restore`: everything a server knows, as a folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from storage.backup import BackupProblem, Manifest, Tell, back_up
from storage.embedded import start_embedded
from storage.problems import DatabaseProblem
from xunji.settings import Settings

Work = Callable[[str, Path, Path, Tell], Awaitable[Manifest]]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backup)


def backup(folder: Annotated[Path, typer.Argument(help="a new folder", file_okay=False)]) -> None:
    """Write database, photos and secret into a folder, while the server may go on working."""
    manifest = carry_out(back_up, folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    typer.echo(f"{folder}: {size / 1e6:.1f} MB, {manifest.mode}, {manifest.migrations[-1]}")


def carry_out(work: Work, folder: Path) -> Manifest:
    """Do it on the settings' database; a problem is told and ends the program with 2."""
    try:
        return asyncio.run(_on_database(work, folder))
    except (BackupProblem, DatabaseProblem, ValidationError, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


async def _on_database(work: Work, folder: Path) -> Manifest:
    settings = Settings()
    server = None if settings.database.url else await start_embedded(settings.data_dir)
    url = settings.database.url or (server.url if server else "")
    try:
        return await work(url, settings.data_dir, folder, lambda step: typer.echo(f"{step} ..."))
    finally:
        if server is not None:
            await server.stop()
