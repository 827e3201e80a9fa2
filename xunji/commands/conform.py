"""`xunji conform`: the acceptance of one terminal, clause by clause of JT/T 808."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from simulators.conform.exam import Exam
from simulators.conform.listen import Examiner
from simulators.conform.record import Pace
from simulators.conform.sheet import html, sheet, text
from xunji.addresses import host_port


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(conform)


def conform(
    *,
    listen: Annotated[str, typer.Option(help="where the terminal connects to")] = "0.0.0.0:6808",
    html_file: Annotated[Path | None, typer.Option("--html", help="write the sheet there")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write it as JSON there")] = None,
    patience: Annotated[float, typer.Option(min=1, help="seconds to wait for an answer")] = 30,
    interval: Annotated[
        int, typer.Option(min=1, help="seconds between reports that the terminal is set to")
    ] = 10,
    outage: Annotated[float, typer.Option(min=1, help="seconds of the outage")] = 60,
    silence: Annotated[
        float, typer.Option(min=1, help="seconds without a word after which it is given up")
    ] = 180,
) -> None:
    """Take one terminal through the clauses of JT/T 808, and print an acceptance sheet.

    Point the terminal at this address. Exit status 1: a clause failed, or the terminal fell silent;
    2: it could not begin.
    """
    host, port = host_port(listen)
    host = "0.0.0.0" if listen.startswith(":") else host  # noqa: S104
    pace = Pace(
        connect_s=max(300.0, patience),
        answer_s=patience,
        interval_s=interval,
        heartbeat_s=interval,
        ack_timeout_s=max(1, interval // 2),
        outage_s=outage,
        silence_s=silence,
    )
    try:
        told = asyncio.run(_examine(pace, host, port))
    except OSError as problem:
        typer.echo(
            f"cannot listen on {listen} ({problem.strerror}); another program, perhaps a running"
            " server, may use it: choose another with --listen",
            err=True,
        )
        sys.exit(2)
    typer.echo(text(told))
    if html_file:
        html_file.write_text(html(told), encoding="utf-8")
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))
    sys.exit(0 if told["passed"] else 1)


async def _examine(pace: Pace, host: str, port: int) -> dict[str, Any]:
    exam = Exam(pace, time.time())
    examiner = Examiner(exam, host, port, lambda line: typer.echo(line, err=True))
    running = asyncio.create_task(examiner.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    exam.stop()
    return sheet(exam, examiner.peer, time.time())
