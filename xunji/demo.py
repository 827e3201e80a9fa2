"""The demo: an embedded server in simulated time, 12 hours of history, then live units.

The first start seeds the city; a later one on the same folder goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.city import basemap, build_city
from simulators.fleet import Fleet
from simulators.play import Script, fleet_of
from xunji.clock import SimulatedClock
from xunji.demo_seed import new_passwords, seed_demo, top_up_shifts
from xunji.demo_state import DemoState, load_state
from xunji.server import Server
from xunji.settings import (
    DatabaseSettings,
    GatewaySettings,
    HttpSettings,
    MqttSettings,
    Settings,
)
from xunji.stage import play_in_child

HISTORY_S = 12 * 3600
SAVE_EVERY_S = 2.0
RESUME_GAP_S = 6  # the units' last reports may have left after the state was last saved


def free_port(preferred: int) -> int:
    """The preferred port of this machine, or any free one when it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def demo_settings(folder: Path, port: int | None, database_url: str | None) -> Settings:
    """Everything on this machine only, ports that are free."""
    return Settings(
        data_dir=folder,
        clock="simulated",
        production=False,
        database=DatabaseSettings(url=database_url),
        gateway=GatewaySettings(host="127.0.0.1", port=free_port(6800), jt808_port=None),
        mqtt=MqttSettings(url=None, embedded_port=free_port(1883)),
        http=HttpSettings(port=free_port(8080) if port is None else port),
    )


def new_state(
    seed: int, units: int, password: str | None, *, history_s: int = HISTORY_S, live: bool = True
) -> DemoState:
    """A plan whose history ends now."""
    return DemoState(
        seed=seed,
        units=units,
        origin_us=(int(time.time()) - history_s) * 1_000_000,
        history_s=history_s,
        live=live,
        passwords=new_passwords(password),
    )


class Demo:
    """`async with Demo(...) as demo: await demo.play(...)`; `grade` is the last one."""

    def __init__(self, settings: Settings, state: DemoState) -> None:
        self.settings = settings
        self.state = state
        self.grade: dict[str, int] | None = None
        self.last: dict[str, Any] = {}
        self._saved_at = 0.0
        self._resumed = state.sent_until_s > 0
        now_s = int(time.time()) - state.origin_us // 1_000_000
        self._from_s = 0
        if self._resumed:
            self._from_s = max(state.sent_until_s + RESUME_GAP_S, now_s - HISTORY_S)
        skipped = self._from_s > state.sent_until_s + RESUME_GAP_S
        self._graded_back = self._resumed and not skipped
        self.clock = SimulatedClock(state.origin_us + self._from_s * 1_000_000)
        self.server = Server(
            settings,
            clock=self.clock,
            basemap=basemap(build_city(state.seed)),
            demo_grade=lambda: self.grade,
        )

    async def __aenter__(self) -> Demo:
        await self.server.__aenter__()
        try:
            await self._seed()
        except BaseException:
            await self.server.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.server.__aexit__(None, None, None)

    async def _seed(self) -> None:
        fleet: Fleet = fleet_of(self.script())
        state = self.state
        async with self.server.database.pool.connection() as conn:
            if not state.shifts_until_us:
                await seed_demo(conn, fleet, state.passwords)
            since_us = state.shifts_until_us or state.origin_us
            state.shifts_until_us = await top_up_shifts(conn, fleet, since_us, self.clock.now_us())
        state.save(self.settings.data_dir)
        await self.server.register.refresh()

    def script(self) -> Script:
        """What the simulators are to play."""
        state, settings = self.state, self.settings
        return Script(
            url=f"http://127.0.0.1:{settings.http.port}",
            username="chief",
            password=state.passwords["chief"],
            gateway=("127.0.0.1", settings.gateway.port),
            broker=("127.0.0.1", settings.mqtt.embedded_port),
            seed=state.seed,
            origin_us=state.origin_us,
            units=state.units,
            live_s=float(state.history_s) if state.live else None,
            from_s=self._from_s,
            until_s=None if state.live else state.history_s,
            live=state.live,
            resumed=self._graded_back,
        )

    async def play(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """Play until the end (live: until cancelled). Raises PlayProblem."""

        def hear(line: dict[str, Any]) -> None:
            self.last = line
            self.grade = line["grade"] or self.grade
            self._remember(int(line["sent_until_s"]))
            if line["stage"] == "caught_up":
                self.clock.advance_to(max(self.clock.now_us(), time.time_ns() // 1000))
                self.clock.go_live()
            tell(line)

        await play_in_child(self.script(), hear)

    def _remember(self, sent_until_s: int) -> None:
        self.state.sent_until_s = max(self.state.sent_until_s, sent_until_s)
        if time.monotonic() - self._saved_at > SAVE_EVERY_S:
            self._saved_at = time.monotonic()
            self.state.save(self.settings.data_dir)


def open_demo(
    folder: Path, *, port: int | None, seed: int, units: int, password: str | None,
    database_url: str | None,
) -> Demo:  # fmt: skip
    """A new demo in an empty folder, or the one that lives there."""
    folder.mkdir(parents=True, exist_ok=True)
    state = load_state(folder) or new_state(seed, units, password)
    return Demo(demo_settings(folder, port, database_url), state)


async def forever(demo: Demo, tell: Callable[[dict[str, Any]], None], stop: asyncio.Event) -> None:
    """Play until `stop` is set or a part fails; raises what failed."""
    waits = [
        asyncio.create_task(demo.play(tell)),
        asyncio.create_task(stop.wait()),
        asyncio.create_task(demo.server.failed()),
    ]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        demo.state.save(demo.settings.data_dir)
