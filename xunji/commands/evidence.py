"""`xunji evidence`: frozen evidence, checked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from pydantic import ValidationError

from storage.database import Connection, open_database
from storage.evidence import verify_chain
from storage.media import MediaStore
from storage.problems import DatabaseProblem
from xunji.settings import Settings

# What is to be done -> (what to say, exit status).
Work = Callable[[Connection, MediaStore], Awaitable[tuple[str, int]]]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    evidence = typer.Typer(no_args_is_help=True, help="Frozen evidence of closed violations.")
    evidence.callback()(lambda: None)
    evidence.command("verify")(verify)
    app.add_typer(evidence, name="evidence")


def verify(
    head: Annotated[
        str | None, typer.Option(help="a hash noted earlier, which must be in the chain")
    ] = None,
) -> None:
    """Walk the chain of frozen evidence and name its first broken link, if any."""

    async def work(conn: Connection, media: MediaStore) -> tuple[str, int]:
        found = await verify_chain(conn, media, head)
        if found.broken is None:
            return f"{found.packs} packs, unbroken; head {found.head}", 0
        broken = found.broken
        place = "the chain" if broken.sequence is None else f"pack {broken.sequence}"
        of = "" if broken.violation_id is None else f" (violation {broken.violation_id})"
        return f"{found.packs} packs are good, then {place}{of} is broken: {broken.why}", 1

    _do(work)


def _do(work: Work) -> None:
    try:
        said, status = asyncio.run(_with_database(work))
    except (DatabaseProblem, ValidationError, OSError) as problem:
        said, status = str(problem), 2
    typer.echo(said, err=status != 0)
    sys.exit(status)


async def _with_database(work: Work) -> tuple[str, int]:
    settings = Settings()
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        async with database.pool.connection() as conn:
            return await work(conn, MediaStore(settings.data_dir / "media"))
    finally:
        await database.close()
