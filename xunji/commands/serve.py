"""`xunji serve`: the whole server in one process."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated

import typer
import uvloop
from pydantic import ValidationError

from gateway.broker import BrokerProblem
from gateway.gateway import DoorProblem
from storage.problems import DatabaseProblem
from storage.spool import SpoolProblem
from xunji.logs import configure_logs
from xunji.server import Server, SettingsProblem
from xunji.settings import Settings

PROBLEMS = (DatabaseProblem, SpoolProblem, SettingsProblem, DoorProblem, BrokerProblem)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    *,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error")] = "info",
) -> None:
    """Run gateway, rules and API in one process, by xunji.toml and XUNJI_* variables.

    Without XUNJI_DATABASE__URL an embedded PostgreSQL runs in the data folder.
    """
    configure_logs(log_level)
    try:
        settings = Settings()
        uvloop.run(_serve(settings))
    except ValidationError as error:
        for problem in error.errors():
            name = "XUNJI_" + "__".join(str(part).upper() for part in problem["loc"])
            typer.echo(f"setting {name}: {problem['msg']}", err=True)
        sys.exit(2)
    except (*PROBLEMS, ValueError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Server(settings) as server:
        doors = ", ".join(f"{name} {port}" for name, port in server.gateway.ports.items())
        typer.echo(f"Xunji: {server.url}  database: {server.database.mode}  ports: {doors}")
        stopped = asyncio.create_task(stop.wait())
        failed = asyncio.create_task(server.failed())
        await asyncio.wait([stopped, failed], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        failed.cancel()
        typer.echo("Xunji: stopping", err=True)
