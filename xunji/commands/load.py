"""`xunji load`: tens of thousands of terminals against a server, every answer accounted for."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from simulators.api_client import ApiClient, ApiProblem
from simulators.load.limits import MAX_PROCESSES, LimitProblem
from simulators.load.order import LoadOrder
from simulators.load.parent import LoadProblem, is_loopback, register, run_load, running_sink
from simulators.load.tally import report, table
from simulators.registration import REGISTER_WAIT_S
from xunji.addresses import host_port

DEFAULT_DOORS = {"jt808": "127.0.0.1:6800", "handset": "127.0.0.1:1883"}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


def load(
    *,
    target: Annotated[
        str | None, typer.Option(help="host:port of the gateway, or of the handsets' broker")
    ] = None,
    protocol: Annotated[Literal["jt808", "handset"], typer.Option(help="handset: MQTT")] = "jt808",
    connections: Annotated[int, typer.Option(min=1, max=200_000, help="terminals")] = 1_000,
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="frames a second in all: open loop")
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="the next packet when the last is acknowledged")
    ] = False,
    frames_per_packet: Annotated[int, typer.Option(min=1, max=100)] = 1,
    seconds: Annotated[float, typer.Option(min=0.1)] = 30.0,
    processes: Annotated[
        int, typer.Option(min=1, max=MAX_PROCESSES, help="more, where open files need it")
    ] = 1,
    first: Annotated[int, typer.Option(min=0, help="number of the first terminal")] = 0,
    url: Annotated[str | None, typer.Option(help="API of the server, to register them")] = None,
    username: Annotated[str, typer.Option(help="an account of role chief")] = "chief",
    password: Annotated[
        str, typer.Option(envvar="XUNJI_PASSWORD", help="its password", show_default=False)
    ] = "",
    auto: Annotated[
        bool, typer.Option("--auto", help="the server registers terminals by itself")
    ] = False,
    sink: Annotated[
        bool, typer.Option("--sink", help="against a bare server of our own: what the tool costs")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the report there")] = None,
) -> None:
    """Send location reports from many terminals, and count what is acknowledged and how late.

    Open loop (--rate) sends by the clock: what a slow server delays counts as latency. Exit status
    1: an answer is missing, doubled, wrong or late for ever; 2: it could not begin.
    """
    if (rate is None) != closed:
        raise typer.BadParameter("say either --rate FRAMES_A_SECOND or --closed")
    if not (url or auto or sink):
        raise typer.BadParameter("say --url (terminals are registered there), --auto or --sink")
    host, port = host_port(target or DEFAULT_DOORS[protocol])
    order = LoadOrder(
        host=host,
        port=port,
        protocol=protocol,
        first=first,
        connections=connections,
        rate=rate,
        frames_per_packet=frames_per_packet,
        seconds=seconds,
        spread=is_loopback(host) and protocol == "jt808",
    )
    account = (url, username, password) if url else None
    try:
        told = asyncio.run(_run(order, processes, account, sink))
    except (LimitProblem, LoadProblem, ApiProblem, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    typer.echo(table(told))
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))
    sys.exit(0 if told["passed"] else 1)


async def _run(
    order: LoadOrder, processes: int, account: tuple[str, str, str] | None, sink: bool
) -> dict[str, Any]:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if account is not None:
        url, username, password = account
        async with ApiClient(url) as api:
            await api.log_in(username, password)
            if made := await register(api, order):
                typer.echo(f"Registered {made} terminals.", err=True)
                await asyncio.sleep(REGISTER_WAIT_S)
    if sink:
        async with running_sink(order.connections) as port:
            order = msgspec.structs.replace(order, host="127.0.0.1", port=port)
            tally = await run_load(order, processes, stop)
    else:
        tally = await run_load(order, processes, stop)
    return report(tally, msgspec.to_builtins(order))
