"""`xunji demo`: a city to look at, on this machine, in one command."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from gateway.broker import BrokerProblem
from gateway.gateway import DoorProblem
from storage.problems import DatabaseProblem
from xunji.demo import Demo, forever, open_demo
from xunji.demo_seed import accounts
from xunji.logs import configure_logs
from xunji.progress import ProgressBar
from xunji.server import SettingsProblem
from xunji.stage import PlayProblem


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    *,
    port: Annotated[int | None, typer.Option(help="of the page; else 8080 or a free one")] = None,
    data: Annotated[Path, typer.Option(help="folder that keeps the demo")] = Path("xunji-demo"),
    seed: Annotated[int, typer.Option(help="another seed is another city")] = 7,
    units: Annotated[int, typer.Option(min=6, max=1_350, help="vehicles and inspectors")] = 40,
    password: Annotated[
        str | None, typer.Option(help="of every demo account; else each gets its own")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(help="an empty database; else an embedded one in the folder")
    ] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error")] = "warning",
) -> None:
    """Run a simulated city: 12 hours of history in a minute, then live units.

    The folder is kept: the next start goes on where this one stopped. Delete it to begin anew.
    """
    configure_logs(log_level)
    try:
        stage = open_demo(
            data,
            port=port,
            seed=seed,
            units=units,
            password=password,
            database_url=database_url,
        )
        uvloop.run(_run(stage))
    except (DatabaseProblem, SettingsProblem, DoorProblem, BrokerProblem, PlayProblem) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


async def _run(stage: Demo) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    typer.echo("Starting database, broker and server ...")
    async with stage:
        _greet(stage)
        await forever(stage, _Teller(stage), stop)
        typer.echo("\nStopping ...")


def _greet(stage: Demo) -> None:
    typer.echo(f"\n  {stage.server.url}\n")
    for account in accounts(stage.state.passwords):
        name, secret = account.username, account.password
        typer.echo(f"  {name:<14} {secret:<12} {account.role:<10} {account.organisation}")
    typer.echo("\nThe page can be opened now; history is still arriving:")


class _Teller:
    """Prints the progress of history, then one line when live begins."""

    def __init__(self, stage: Demo) -> None:
        self._bar = ProgressBar()
        self._stage = stage
        self._began = time.monotonic()

    def __call__(self, line: dict[str, Any]) -> None:
        if line["stage"] == "history":
            begin_s = self._bar.first(line["sent_until_s"])
            share = (line["sent_until_s"] - begin_s) / max(1, line["end_s"] - begin_s)
            self._bar.show(share, f"{line['fixes']:,} fixes")
        elif line["stage"] == "caught_up":
            seconds = time.monotonic() - self._began
            self._bar.show(1.0, f"{line['fixes']:,} fixes")
            typer.echo(
                f"\nHistory is in ({line['fixes']:,} fixes in {seconds:.0f} s). Live now:"
                f" {self._stage.server.url}\nCtrl-C stops; the data stay in"
                f" {self._stage.settings.data_dir}."
            )
