"""`xunji simulate`: the simulated city against a server, graded by the simulator's own truth."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.broker import BrokerProblem
from gateway.gateway import DoorProblem
from simulators.api_client import ApiClient, ApiProblem
from simulators.play import Script, fleet_of
from simulators.registration import REGISTER_WAIT_S, register_city
from storage.problems import DatabaseProblem
from xunji.addresses import host_port
from xunji.demo import Demo, demo_settings, forever, new_state
from xunji.logs import configure_logs
from xunji.platform_command import judge_platform
from xunji.progress import ProgressBar
from xunji.scenario_command import Files, Target, list_scenarios, run_scenario
from xunji.server import SettingsProblem
from xunji.stage import PlayProblem, play_in_child

PROBLEMS = (
    ApiProblem,
    BrokerProblem,
    DatabaseProblem,
    DoorProblem,
    PlayProblem,
    SettingsProblem,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    scenario: Annotated[
        str | None, typer.Argument(help="by name (see --list) or path; none: the usual city")
    ] = None,
    *,
    url: Annotated[
        str | None, typer.Option(help="of a running server; else one is started for the run")
    ] = None,
    gateway: Annotated[str, typer.Option(help="its TCP door")] = "127.0.0.1:6800",
    mqtt: Annotated[str, typer.Option(help="its broker")] = "127.0.0.1:1883",
    username: Annotated[str, typer.Option(help="an account of role chief")] = "chief",
    password: Annotated[
        str, typer.Option(envvar="XUNJI_PASSWORD", help="its password", show_default=False)
    ] = "",
    units: Annotated[int, typer.Option(min=6, max=1_350)] = 40,
    seed: Annotated[int, typer.Option(help="another seed is another city")] = 7,
    hours: Annotated[float, typer.Option(min=0.1, max=72, help="to simulate")] = 4.0,
    live: Annotated[
        bool, typer.Option("--live", help="in real time until Ctrl-C, not simulated")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="of a scenario: status 1 if anything is missed or false")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="write JUnit XML there")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the report there")] = None,
    dump_file: Annotated[
        Path | None, typer.Option("--dump", help="write the frames there, send nothing")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="name the scenarios")] = False,
    speed: Annotated[
        float, typer.Option(min=0, help="times real time; 0: as fast as the server takes it")
    ] = 0.0,
    platform: Annotated[
        str | None, typer.Option(help="host:port of a foreign platform to judge on its replies")
    ] = None,
    reply_limit: Annotated[
        float, typer.Option(min=0.1, help="seconds that a platform's answer may take")
    ] = 5.0,
    limit: Annotated[float, typer.Option(min=0.1, help="minutes that a scenario may take")] = 30.0,
) -> None:
    """Drive a server with a simulated city over real sockets, and grade what it raised.

    Simulated hours pass in seconds; the server then must run with XUNJI_CLOCK=simulated. Exit
    status 1: something was raised falsely or missed (of a scenario: with --check), or the server
    stopped answering; 2: it could not begin.
    """
    configure_logs("warning")
    if listed:
        list_scenarios()
    elif scenario is not None and platform is not None:
        address = host_port(platform)
        paths = Files(junit, json_file)
        judge_platform(
            scenario,
            address,
            check=check,
            files=paths,
            speed=speed,
            reply_limit_s=reply_limit,
            limit_s=limit * 60,
        )
    elif scenario is not None:
        server = Target(url, gateway, mqtt, username, password)
        run_scenario(
            scenario,
            server,
            check=check,
            files=Files(junit, json_file, dump_file),
            speed=speed,
            limit_s=limit * 60,
        )
    elif check or junit or json_file or dump_file or speed or platform:
        typer.echo(
            "--check, --junit, --json, --dump, --speed and --platform need a SCENARIO: see --list",
            err=True,
        )
        sys.exit(2)
    else:
        script = Script(
            url=url or "",
            username=username,
            password=password,
            gateway=host_port(gateway),
            broker=host_port(mqtt),
            seed=seed,
            origin_us=0,
            units=units,
            until_s=0 if live else int(hours * 3600),
            live=live,
            live_s=0.0 if live else None,
        )
        _simulate_city(script, int(hours * 3600))


def _simulate_city(script: Script, history_s: int) -> None:
    """The usual city, without a scenario, on the script's server or on one of our own."""
    teller = _Teller()
    try:
        if not script.url:
            asyncio.run(_embedded(script, history_s, teller))
        else:
            asyncio.run(_against(script, teller))
    except PROBLEMS as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    sys.exit(teller.verdict())


async def _embedded(script: Script, history_s: int, teller: _Teller) -> None:
    """On a server of our own, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="xunji-") as name:
        state = new_state(script.seed, script.units, None, history_s=history_s, live=script.live)
        async with Demo(demo_settings(Path(name), None, None), state) as stage:
            typer.echo(f"{stage.server.url}  chief {state.passwords['chief']}")
            await forever(stage, teller, _stop_on_signals())


async def _against(script: Script, teller: _Teller) -> None:
    """On somebody's server: its clock says when the plan begins."""
    async with ApiClient(script.url) as api:
        await api.log_in(script.username, script.password)
        origin_s = int(time.time())
        if not script.live:
            clock = await api.request("GET", "/test/clock")
            origin_s = int(datetime.fromisoformat(clock["now"]).timestamp()) + 1
        script = _begun(script, origin_s)
        if made := await register_city(api, fleet_of(script)):
            typer.echo(made)
            await asyncio.sleep(REGISTER_WAIT_S)
    playing = asyncio.create_task(play_in_child(script, teller))
    stopping = asyncio.create_task(_stop_on_signals().wait())
    await asyncio.wait([playing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not playing.done():
        playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing


def _begun(script: Script, origin_s: int) -> Script:
    values = {name: getattr(script, name) for name in script.__struct_fields__}
    return Script(**{**values, "origin_us": origin_s * 1_000_000})


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


class _Teller:
    """Shows progress, keeps the last grade, prints it."""

    def __init__(self) -> None:
        self._bar = ProgressBar()
        self._last: dict[str, Any] | None = None

    def __call__(self, line: dict[str, Any]) -> None:
        if line["stage"] == "history":
            self._bar.show(line["sent_until_s"] / max(1, line["end_s"]), f"{line['fixes']:,} fixes")
        if line["grade"]:
            self._last = line
            if line["stage"] == "live":
                typer.echo(f"\r{_words(line['grade'])} ", nl=False)

    def verdict(self) -> int:
        """Print the grade; the exit status."""
        if self._last is None:
            typer.echo("\nnothing was graded")
            return 0
        grade, counts = self._last["grade"], self._last["counts"]
        typer.echo(f"\n{_words(grade)}")
        typer.echo(
            f"{self._last['fixes']:,} fixes in {counts['sent']:,} reports,"
            f" {counts['acknowledged']:,} acknowledged, {counts['refused']:,} refused"
        )
        for title in ("false", "missed"):
            for one in self._last[title]:
                period = f"{one['from_s']:.0f} to {one['to_s']:.0f} s"
                typer.echo(f"  {title}: {one['kind']} {one['identity']}, {period} of the plan")
        return 1 if grade["false"] or grade["missed"] else 0


def _words(grade: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in grade.items())
