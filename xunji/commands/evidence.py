"""`xunji evidence`: frozen evidence checked, taken out, and its finding made again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.evidence.archive import archive
from api.evidence.replay import replay_pack
from storage.database import Connection, open_database
from storage.evidence import read_pack, verify_chain
from storage.media import MediaStore
from storage.problems import DatabaseProblem
from xunji.settings import Settings

_NOT_FROZEN = "violation {} has no frozen evidence: it is not closed, or does not exist"
# What is to be done -> (what to say, exit status).
Work = Callable[[Connection, MediaStore], Awaitable[tuple[str, int]]]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    evidence = typer.Typer(no_args_is_help=True, help="Frozen evidence of closed violations.")
    evidence.callback()(lambda: None)
    evidence.command("verify")(verify)
    evidence.command("export")(export)
    evidence.command("replay")(replay)
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


def export(
    violation: Annotated[int, typer.Argument(help="the id of a closed violation")],
    file: Annotated[Path, typer.Argument(dir_okay=False, writable=True, help="a zip file")],
) -> None:
    """Write a violation's frozen evidence to a file that stands alone."""

    async def work(conn: Connection, media: MediaStore) -> tuple[str, int]:
        pack = await read_pack(conn, violation)
        if pack is None:
            return _NOT_FROZEN.format(violation), 1
        data = await asyncio.to_thread(archive, pack, media)
        await asyncio.to_thread(file.write_bytes, data)
        return f"{file}: pack {pack.sequence}, {len(data)} bytes, SHA-256 {pack.sha256}", 0

    _do(work)


def replay(violation: Annotated[int, typer.Argument(help="the id of a closed violation")]) -> None:
    """Make a finding again from its frozen evidence alone; status 1 when it comes out otherwise."""

    async def work(conn: Connection, _media: MediaStore) -> tuple[str, int]:
        pack = await read_pack(conn, violation)
        if pack is None:
            return _NOT_FROZEN.format(violation), 1
        try:
            frozen, found = await asyncio.to_thread(replay_pack, pack.read())
        except KeyError:
            return "this pack was frozen before packs kept what a replay needs", 1
        except RuntimeError as error:
            return f"the rule stops itself: {error}", 1
        if found == frozen:
            return f"the same finding, byte for byte:\n{frozen.decode()}", 0
        return f"the engine does not say this finding again:\n{frozen.decode()}", 1

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
