"""A scenario from the command line: on an embedded server or a given one, judged and reported."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import typer
import uvloop

from gateway.broker import BrokerProblem
from gateway.gateway import DoorProblem
from simulators.api_client import ApiClient, ApiProblem
from simulators.city import basemap
from simulators.registration import REGISTER_WAIT_S, register_city
from simulators.scenario.dump import dump
from simulators.scenario.plan import Plan, make_plan
from simulators.scenario.reading import ScenarioProblem, read_scenario, scenario_names
from simulators.scenario.report import junit, table
from simulators.scenario.run import RunScript
from storage.problems import DatabaseProblem
from xunji.addresses import host_port
from xunji.clock import SimulatedClock
from xunji.demo import demo_settings, free_port
from xunji.demo_seed import new_passwords, seed_demo, top_up_shifts
from xunji.progress import ProgressBar
from xunji.server import Server, SettingsProblem
from xunji.stage import PlayProblem, play_in_child

PROBLEMS = (
    ApiProblem,
    BrokerProblem,
    DatabaseProblem,
    DoorProblem,
    PlayProblem,
    ScenarioProblem,
    SettingsProblem,
    OSError,
)
GRACE_S = 60.0  # beyond the run's own limit: its process is ended then
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Target:
    """The server to judge; `url` None: one of our own."""

    url: str | None
    gateway: str
    mqtt: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Files:
    """Where to write what."""

    junit: Path | None = None
    json: Path | None = None
    dump: Path | None = None

    def check(self) -> None:
        """Raises ScenarioProblem before anything has run: afterwards it would be too late."""
        for path in (self.junit, self.json, self.dump):
            if path is not None and not path.parent.is_dir():
                raise ScenarioProblem(f"{path}: there is no folder {path.parent}; make it first")


def list_scenarios() -> None:
    """Name the library's scenarios, each with its sentence."""
    for name in scenario_names():
        typer.echo(f"{name:<32} {read_scenario(name)[0].about}")


def run_scenario(
    name: str, target: Target, *, check: bool, files: Files, speed: float, limit_s: float
) -> None:
    """Play and judge, or only dump; ends the program with the exit status."""
    try:
        files.check()
        if files.dump is not None:
            _dump(name, files.dump)
            return
        told = uvloop.run(judge_scenario(name, target, progress(), speed, limit_s))
        show(told, files)
    except PROBLEMS as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    sys.exit(1 if told["error"] or (check and not told["passed"]) else 0)


def show(told: dict[str, Any], files: Files) -> None:
    """Print a report, and write it where it is wanted."""
    typer.echo(f"\n{table(told)}")
    if files.junit:
        files.junit.write_bytes(junit(told))
    if files.json:
        files.json.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))


async def judge_scenario(
    name: str, target: Target, tell: Tell, speed: float = 0.0, limit_s: float = 1_800.0
) -> dict[str, Any]:
    """The report of a scenario. Raises one of PROBLEMS when it cannot begin."""
    scenario, source = read_scenario(name)
    text = source.path.read_text(encoding="utf-8")
    title = source.path.stem
    plan = make_plan(title, scenario, source)
    stage = _embedded(plan) if target.url is None else _given(plan, target)
    async with stage as (where, origin_us, own):
        script = RunScript(
            name=title,
            path=str(source.path),
            text=text,
            url=where.url or "",
            username=where.username,
            password=where.password,
            gateway=host_port(where.gateway),
            broker=host_port(where.mqtt),
            origin_us=origin_us,
            speed=speed,
            limit_s=limit_s,
            own_server=own is not None,
        )
        return await _play(script, tell, own)


async def _play(script: RunScript, tell: Tell, own: OwnServer | None) -> dict[str, Any]:
    """Play in a child; the last line is the report."""
    last: dict[str, Any] = {}

    def hear(line: dict[str, Any]) -> None:
        last.clear()
        last.update(line)
        tell(line)

    playing = asyncio.create_task(play_in_child(script, hear, own.restart if own else None))
    tasks = [playing, *([asyncio.create_task(own.failed())] if own else [])]
    limit_s = script.limit_s + GRACE_S
    done, waiting = await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting - {playing}:
        task.cancel()
    if playing not in done:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    for task in done:
        task.result()
    if "report" not in last:
        raise PlayProblem("the simulators did not end in time: --limit sets how long they may take")
    report: dict[str, Any] = last["report"]
    return report


class OwnServer:
    """A server of the run's own, which can be stopped and started where it stood."""

    def __init__(self, make: Callable[[], Server]) -> None:
        self._make = make
        self._up = asyncio.Event()
        self.server = make()

    async def start(self) -> None:
        """The first time."""
        await self.server.__aenter__()
        self._up.set()

    async def stop(self) -> None:
        """In order: what is under way is finished."""
        self._up.clear()
        await self.server.__aexit__(None, None, None)

    async def restart(self) -> None:
        """Stop it, and start it with the same doors, data and time."""
        await self.stop()
        self.server = self._make()
        await self.start()

    async def failed(self) -> None:
        """Wait until a part ends that never should; raises what ended it."""
        while True:
            await self._up.wait()
            await self.server.failed()


@asynccontextmanager
async def _embedded(plan: Plan) -> AsyncIterator[tuple[Target, int, OwnServer | None]]:
    """A server of our own, in a folder that is gone afterwards; its time begins with the plan."""
    fleet = plan.fleet
    passwords = new_passwords()
    with tempfile.TemporaryDirectory(prefix="xunji-") as folder:
        settings = demo_settings(Path(folder), free_port(0), None)
        settings.gateway.port, settings.mqtt.embedded_port = free_port(0), free_port(0)
        clock = SimulatedClock(fleet.origin_us)
        own = OwnServer(lambda: Server(settings, clock=clock, basemap=basemap(fleet.city)))
        await own.start()
        try:
            async with own.server.database.pool.connection() as conn:
                await seed_demo(conn, fleet, passwords)
                await top_up_shifts(conn, fleet, fleet.origin_us, fleet.origin_us)
            await own.server.register.refresh()
            gateway = f"127.0.0.1:{settings.gateway.port}"
            mqtt = f"127.0.0.1:{settings.mqtt.embedded_port}"
            where = Target(own.server.url, gateway, mqtt, "chief", passwords["chief"])
            yield where, fleet.origin_us, own
        finally:
            await own.stop()


@asynccontextmanager
async def _given(plan: Plan, target: Target) -> AsyncIterator[tuple[Target, int, OwnServer | None]]:
    """Somebody's server: the plan begins on the next day that its clock has not reached."""
    if plan.restarts_s:
        typer.echo("server_restart is left out: this server is not the run's own", err=True)
    assert target.url is not None
    async with ApiClient(target.url) as api:
        await api.log_in(target.username, target.password)
        clock = await api.request("GET", "/test/clock")
        now_us = int(datetime.fromisoformat(clock["now"]).timestamp() * 1e6)
        later = make_plan(plan.name, plan.scenario, plan.source, after_us=now_us)
        if made := await register_city(api, later.fleet):
            typer.echo(made)
            await asyncio.sleep(REGISTER_WAIT_S)
    yield target, later.fleet.origin_us, None


def _dump(name: str, path: Path) -> None:
    scenario, source = read_scenario(name)
    with path.open("wb") as file:
        lines = dump(make_plan(source.path.stem, scenario, source), file)
    typer.echo(f"{lines:,} lines in {path}")


def progress() -> Tell:
    """A bar of the simulated time."""
    bar = ProgressBar()

    def tell(line: dict[str, Any]) -> None:
        if line["stage"] == "run":
            bar.show(line["sent_until_s"] / max(1, line["end_s"]), f"{line['fixes']:,} fixes")

    return tell
