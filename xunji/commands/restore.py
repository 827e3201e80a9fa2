"""`xunji restore`: a backup into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storage.backup import restore as restore_backup
from xunji.commands.backup import carry_out


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(restore)


def restore(
    folder: Annotated[Path, typer.Argument(help="a backup", exists=True, file_okay=False)],
) -> None:
    """Fill an empty database, and photos and secret of the data folder, from a backup.

    A newer version brings the schema up to date afterwards (`xunji migrate`, or its first start).
    """
    manifest = carry_out(restore_backup, folder)
    typer.echo(f"restored: {manifest.mode}, made {manifest.made_at}, {manifest.migrations[-1]}")
