"""`xunji export`: tracks or violations of a period as a file, beside a server or without."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.registries import rule_kinds
from geofence.datum import Datum
from pipeline.export.order import MEDIA_TYPES, ExportFailedError, Order, Told, What
from pipeline.export.run import run_export
from storage.database import open_database
from storage.instants import from_datetime
from storage.organisations import all_organisations
from storage.problems import DatabaseProblem
from storage.registers import devices
from xunji.progress import ProgressBar
from xunji.settings import Settings

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
MakeOrder = Callable[[str, tuple[int, ...]], Order]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="export")(export)


def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="its ending says the format")],
    since: Annotated[datetime, typer.Option("--from", formats=_FORMATS, help="UTC, included")],
    until: Annotated[datetime, typer.Option("--to", formats=_FORMATS, help="UTC, excluded")],
    *,
    what: Annotated[What, typer.Option(help="tracks or violations")] = "tracks",
    device: Annotated[list[int] | None, typer.Option(help="a unit's id; default: all")] = None,
    kind: Annotated[str | None, typer.Option(help="of violations: a rule kind")] = None,
    datum: Annotated[Datum, typer.Option(help="of the file")] = "wgs84",
) -> None:
    """Write a file of tracks or violations: csv, xlsx, parquet, gpx, kml or geojson."""
    ending = file.suffix.removeprefix(".").lower()
    format_ = next((known for known in MEDIA_TYPES if known == ending), None)
    if format_ is None:
        typer.echo(f"the file must end in one of .{', .'.join(MEDIA_TYPES)}", err=True)
        sys.exit(2)
    from_us, to_us = (from_datetime(time.replace(tzinfo=UTC)) for time in (since, until))
    _check_kind(what, kind)
    if to_us <= from_us:
        typer.echo("--to must lie after --from", err=True)
        sys.exit(2)

    def order_of(url: str, organisations: tuple[int, ...]) -> Order:
        return Order(
            url=url, what=what, format=format_, path=str(file.absolute()),
            organisations=organisations, from_us=from_us, to_us=to_us,
            device_ids=tuple(device) if device else None, kind=kind, datum=datum,
        )  # fmt: skip

    try:
        told = asyncio.run(_export(order_of))
    except (DatabaseProblem, ExportFailedError, ValidationError, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    typer.echo(f"\n{told.rows:,} rows, {file.stat().st_size / 1e6:.1f} MB: {file}")
    if told.cut:
        typer.echo("there was more: export the rest by a shorter period", err=True)
        sys.exit(1)


def _check_kind(what: What, kind: str | None) -> None:
    """Else the file would hold what was not asked for, or nothing."""
    if kind is not None and (what == "tracks" or kind not in rule_kinds()):
        kinds = ", ".join(sorted(rule_kinds()))
        typer.echo(f"--kind is for --what violations: one of {kinds}", err=True)
        sys.exit(2)


async def _export(order_of: MakeOrder) -> Told:
    settings = Settings()
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    bar = ProgressBar()
    try:
        async with database.pool.connection() as conn:
            everyone = tuple(await all_organisations(conn))
            known = {row["id"] for row in await devices(conn, everyone)}
        order = order_of(chosen.replica_url or database.url, everyone)
        unknown = set(order.device_ids or ()) - known
        if unknown:
            raise ExportFailedError(
                f"there is no unit {min(unknown)}: GET /api/v1/devices lists them"
            )
        return await run_export(order, lambda told: bar.show(told.progress, f"{told.rows:,} rows"))
    finally:
        await database.close()
