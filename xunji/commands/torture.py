"""`xunji torture`: what was acknowledged is stored once, whatever is killed."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from simulators.torture.plan import BEGIN_BEFORE_S, TorturePlan
from simulators.torture.run import Report, Scale, torture
from storage.problems import DatabaseProblem
from xunji.torture_database import TortureDatabase
from xunji.torture_stage import StageProblem, TortureStage


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("torture")(torture_command)


def torture_command(
    *,
    kills: Annotated[int, typer.Option(min=1, max=1_000, help="kill -9 of the server")] = 30,
    seconds: Annotated[float, typer.Option(min=5, max=2_400, help="in which to send")] = 300.0,
    seed: Annotated[int, typer.Option(help="another seed disturbs at other moments")] = 1,
    terminals: Annotated[int, typer.Option(min=1, max=2_000, help="JT/T 808 over TCP")] = 40,
    handsets: Annotated[int, typer.Option(min=0, max=500, help="JSON over MQTT")] = 10,
    rate: Annotated[float, typer.Option(min=0.1, max=50, help="reports a second of each")] = 4.0,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the report there")] = None,
) -> None:
    """Kill the server and its database at random moments, and compare what was acknowledged.

    Starts a server and a database of its own. Exit status 1: an acknowledged report is lost, one is
    stored twice, something was stored that was not sent, the violations are not those of an
    undisturbed run, or daily summaries are not what the stored points give; 2: it could not begin.
    """
    plan = TorturePlan(seed, terminals, handsets, rate, int(time.time()) - BEGIN_BEFORE_S)
    try:
        report = asyncio.run(_run(plan, seconds, kills))
    except (DatabaseProblem, StageProblem, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    told = msgspec.json.format(msgspec.json.encode(report), indent=1)
    typer.echo(told.decode())
    if json_file:
        json_file.write_bytes(told)
    sys.exit(0 if report.passed else 1)


async def _run(plan: TorturePlan, seconds: float, kills: int) -> Report:
    with tempfile.TemporaryDirectory(prefix="xunji-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        database = TortureDatabase(folder / "database")
        await asyncio.to_thread(database.open)
        disturbed = TortureStage(folder / "disturbed", database, "disturbed")
        calm = TortureStage(folder / "calm", database, "calm")
        try:
            return await torture(plan, Scale(seconds, kills), disturbed, calm, _tell)
        finally:
            await disturbed.stop()
            await calm.stop()
            await asyncio.to_thread(database.close)


def _tell(line: str) -> None:
    typer.echo(line, err=True)
