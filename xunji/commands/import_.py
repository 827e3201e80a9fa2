"""`xunji import`: history from a file, as if it had come from terminals, none of it twice."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from pydantic import ValidationError

from geofence.datum import Datum
from pipeline.acceptance import Window
from pipeline.take_in.order import Format, ImportOrder, Told
from pipeline.take_in.reading import READERS, UnreadableError
from pipeline.take_in.rows import MissingColumnError
from pipeline.take_in.run import take_in
from storage.database import open_database
from storage.instants import DAY_US
from storage.migrate import migrate
from storage.problems import DatabaseProblem
from xunji.clock import SystemClock
from xunji.progress import ProgressBar
from xunji.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="import")(import_history)


def import_history(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    device: Annotated[int | None, typer.Option(help="all rows are this unit's (its id)")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone of times that name none")] = "UTC",
    datum: Annotated[Datum, typer.Option(help="of the file")] = "wgs84",
    judge: Annotated[
        bool, typer.Option("--judge", help="judge the units' last 7 days anew by the rules")
    ] = False,
) -> None:
    """Store the fixes of a csv, parquet or gpx file that are not stored yet.

    Columns as `xunji export` writes them; needed are time, longitude, latitude and whose fix it is.
    Interrupted, it goes on where it was when it is started again.
    """
    format_ = file.suffix.removeprefix(".").lower()
    if format_ not in READERS:
        typer.echo(f"the file must end in one of .{', .'.join(READERS)}", err=True)
        sys.exit(2)
    try:
        ZoneInfo(zone)
        settings = Settings()
        retention_us = settings.database.retention_days * DAY_US
        window = Window.around(SystemClock().now_us(), retention_us)
        order = ImportOrder(
            path=str(file), format=cast(Format, format_), device_id=device, zone=zone,
            datum=datum, judge=judge, from_us=window.from_us, to_us=window.to_us,
            drop_off_shift=settings.privacy.off_shift == "drop",
        )  # fmt: skip
        told = asyncio.run(_import(settings, order))
    except ZoneInfoNotFoundError:
        typer.echo(f"no such IANA time zone: {zone}", err=True)
        sys.exit(2)
    except (DatabaseProblem, ValidationError, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    except (UnreadableError, MissingColumnError) as problem:
        typer.echo(f"{file}: {problem}", err=True)
        sys.exit(1)
    _tell_end(told)


def _tell_end(told: Told) -> None:
    typer.echo("")
    for row, why in told.wrong:
        typer.echo(f"row {row}: {why}", err=True)
    if told.resumed_at:
        typer.echo(f"went on after row {told.resumed_at:,}")
    typer.echo(_words(told))
    if any(why == "time_out_of_range" for _, why in told.wrong):
        typer.echo(
            "rows of time_out_of_range are older than database.retention_days, or in the future",
            err=True,
        )
    if told.refused:
        sys.exit(1)


def _words(told: Told) -> str:
    return (
        f"{told.rows:,} rows: {told.stored:,} stored, {told.duplicates:,} known already,"
        f" {told.refused:,} refused"
    )


async def _import(settings: Settings, order: ImportOrder) -> Told:
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    bar = ProgressBar()
    try:
        await migrate(database)
        return await take_in(database, order, lambda told: bar.show(told.progress, _words(told)))
    finally:
        await database.close()
