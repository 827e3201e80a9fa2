"""`xunji fences import` and `xunji fences export`: fences from and to files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, get_args

import typer

from geofence.datum import Datum
from geofence.formats import FORMATS, Imported, Options, read_fences, write_fences
from geofence.geojson import FeatureError
from model.rulebook import FAR_FUTURE_US
from storage.database import Connection, open_database
from storage.fence_files import fence_of, save_imported
from storage.in_force import fences_in_force
from storage.migrate import migrate
from storage.organisations import organisation_named
from storage.problems import DatabaseProblem
from storage.scope import visible_organisations
from xunji.clock import SystemClock
from xunji.settings import Settings

Result = TypeVar("Result")
_FORMAT_OF = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".kml": "kml",
    ".gpx": "gpx",
    ".wkt": "wkt",
    ".csv": "wkt",
    ".zip": "shapefile",
}
_Organisation = Annotated[str, typer.Option(help="the name of the organisation they belong to")]
_Format = Annotated[
    str | None, typer.Option("--format", help=f"{', '.join(FORMATS)}; none: by the suffix")
]
_DatumOption = Annotated[str, typer.Option(help="wgs84, gcj02 or bd09")]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    fences = typer.Typer(no_args_is_help=True, help="Fences from and to files.")
    fences.callback()(lambda: None)
    fences.command("import")(import_)
    fences.command("export")(export)
    app.add_typer(fences, name="fences")


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    organisation: _Organisation,
    format: _Format = None,
    datum: _DatumOption = "wgs84",
    repair: Annotated[bool, typer.Option("--repair", help="mend invalid rings")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what is in it")] = False,
    half_width: Annotated[float, typer.Option(help="m, of lines that bring none")] = 30.0,
    radius: Annotated[float, typer.Option(help="m, of points that bring none")] = 50.0,
) -> None:
    """Store the fences of a file, all or none, in force from now on."""
    asked = Options(_datum(datum), repair, half_width, radius)
    name, data = _format(format, file), file.read_bytes()
    count = _with_database(
        lambda conn: _import(conn, name, data, asked, organisation=organisation, dry_run=dry_run)
    )
    typer.echo(f"{count} fences {'would be ' if dry_run else ''}stored")


def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, writable=True)],
    *,
    organisation: _Organisation,
    format: _Format = None,
    datum: _DatumOption = "wgs84",
) -> None:
    """Write the fences in force that the organisation sees to a file."""
    name, asked = _format(format, file), _datum(datum)
    rows = _with_database(lambda conn: _export(conn, organisation))
    content, left_out = write_fences(name, (fence_of(row) for row in rows), asked)
    file.write_bytes(content)
    typer.echo(f"{len(rows) - len(left_out)} fences in {file}")
    if left_out:
        typer.echo(f"{name} cannot hold {len(left_out)}: {left_out[:20]}", err=True)


async def _import(
    conn: Connection, name: str, data: bytes, asked: Options, *, organisation: str, dry_run: bool
) -> int:
    own, now_us = await _organisation_id(conn, organisation), SystemClock().now_us()
    asked.fixed.update(
        id=0,
        version=1,
        organisation_id=own,
        responsible_organisation_id=own,
        valid_from_us=now_us,
        valid_to_us=FAR_FUTURE_US,
    )
    try:
        found = read_fences(name, data, asked)
    except FeatureError as error:
        typer.echo(error.en, err=True)
        raise typer.Exit(1) from error
    _tell(found)
    if found.problems and not dry_run:
        raise typer.Exit(1)
    if not dry_run:
        await save_imported(conn, found.fences, own, now_us)
    return len(found.fences)


def _tell(found: Imported) -> None:
    for note in (*found.repaired, *found.problems):
        typer.echo(f"{note.where}: {note.en}", err=True)
    if found.problem_count > len(found.problems):
        typer.echo(f"{found.problem_count} features cannot be used", err=True)


async def _export(conn: Connection, organisation: str) -> list[dict[str, Any]]:
    own = await _organisation_id(conn, organisation)
    seen = await visible_organisations(conn, own)
    return await fences_in_force(conn, seen, SystemClock().now_us())


async def _organisation_id(conn: Connection, name: str) -> int:
    found = await organisation_named(conn, name)
    if found is None:
        raise typer.BadParameter(f"there is no organisation called {name}")
    return found


def _format(name: str | None, file: Path) -> str:
    found = name or _FORMAT_OF.get(file.suffix.lower())
    if found not in FORMATS:
        raise typer.BadParameter(f"name the format: --format {'|'.join(FORMATS)}")
    return found


def _datum(name: str) -> Datum:
    if name not in get_args(Datum):
        raise typer.BadParameter(f"a datum is one of {', '.join(get_args(Datum))}")
    return cast(Datum, name)


def _with_database(work: Callable[[Connection], Awaitable[Result]]) -> Result:
    try:
        return asyncio.run(_run(work))
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None


async def _run(work: Callable[[Connection], Awaitable[Result]]) -> Result:
    settings = Settings()
    database = await open_database(
        settings.database.url, settings.data_dir, timescale=settings.database.timescale
    )
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            return await work(conn)
    finally:
        await database.close()
