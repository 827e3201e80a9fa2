"""Plays a scenario against a server in simulated time, and scores what it raised.

Each step moves the server's clock, sends what is due and waits until all is acknowledged. Nothing
waits for ever: a server that stops answering ends the run with what was seen so far.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from simulators.api_client import ApiClient, ApiProblem
from simulators.convoy import Convoy
from simulators.gate_cameras import GateCameras
from simulators.paperwork import hand_in_papers
from simulators.play import SETTLE_S
from simulators.registration import issue_tokens
from simulators.scenario.plan import Plan, make_plan
from simulators.scenario.reading import parse_scenario
from simulators.scenario.report import report
from simulators.scenario.score import Score, score
from simulators.terminal import Refused
from simulators.truth import TruthKeeper

SCORE_EVERY_S = 10.0
LOOK_EVERY_S = 3.0
STEP_S = 240
TRUTH_STEP_S = 3_600  # the plan is read for its truth in pieces: one NumPy pass a unit and hour
Line = dict[str, Any]


class RunScript(msgspec.Struct, frozen=True, kw_only=True):
    """What to play and where. `speed`: times real time, 0: as fast as the server takes it.

    `answer_s`: how long the server may take for a step; `limit_s`: for the whole run.
    `own_server`: whoever gives the script restarts the server when the plan says so.
    """

    name: str
    path: str
    text: str
    url: str
    username: str
    password: str
    gateway: tuple[str, int]
    broker: tuple[str, int] | None
    origin_us: int
    speed: float = 0.0
    answer_s: float = 60.0
    limit_s: float = 1_800.0
    own_server: bool = False


def plan_of(script: RunScript) -> Plan:
    """The plan of a script, at its origin."""
    scenario, source = parse_scenario(script.text, Path(script.path))
    return make_plan(script.name, scenario, source, after_us=script.origin_us - 1)


class Run:
    """One run. `tell` hears of each step, at last with the report.

    Told of a stage "restart", its hearer restarts the server and then sets `restarted`.
    """

    def __init__(
        self, script: RunScript, tell: Callable[[Line], None], restarted: asyncio.Event
    ) -> None:
        self._script = script
        self._tell = tell
        self._restarted = restarted
        self._plan = plan_of(script)
        fleet = self._plan.fleet
        self._convoy = Convoy(fleet, script.gateway, script.broker, lines=self._plan.lines)
        self._keeper = TruthKeeper(fleet, hidden=self._plan.hidden)
        self._cameras = GateCameras(fleet)
        self._restarts_s = deque(self._plan.restarts_s if script.own_server else ())
        self._identities: dict[int, str] = {}
        self._last: Score | None = None
        self._sent_s = 0
        self._own_s = 0.0
        self._restarts = 0

    async def play(self) -> None:
        """To the end, or to where the server stopped answering."""
        began = time.monotonic()
        error: str | None = None
        try:
            async with asyncio.timeout(self._script.limit_s):
                await self._play(began)
        except TimeoutError:
            error = "the server did not answer in time, or the run took longer than its limit"
        except (ApiProblem, Refused, OSError, OverflowError) as problem:
            error = str(problem)
        result = self._last or score(self._plan, self._keeper, [], {}, self._sent_s)
        seconds = (time.monotonic() - began, self._own_s)
        told = report(self._plan, result, seconds, error, self._counts())
        self._tell({"stage": "done", "report": told})

    async def _play(self, began: float) -> None:
        script = self._script
        async with ApiClient(script.url) as api:
            await self._in_time(self._begin(api))
            scored_at = time.monotonic()
            try:
                end_s = self._plan.end_s + SETTLE_S
                while self._sent_s < end_s:
                    await self._pace(began)
                    await self._in_time(self._step(api, min(self._sent_s + self._step_s(), end_s)))
                    if time.monotonic() - scored_at > SCORE_EVERY_S:
                        await self._in_time(self._score(api))
                        scored_at = time.monotonic()
                    self._progress(end_s)
                await self._in_time(api.set_clock(script.origin_us + (end_s + 1) * 1_000_000))
                await self._in_time(self._score(api))
            finally:
                await asyncio.wait([asyncio.create_task(self._convoy.stop())], timeout=10.0)

    async def _in_time(self, work: Any) -> None:
        async with asyncio.timeout(self._script.answer_s):
            await work

    async def _begin(self, api: ApiClient) -> None:
        await api.log_in(self._script.username, self._script.password)
        await hand_in_papers(api, self._plan.fleet)
        await self._cameras.register(api)
        self._convoy.tokens = await issue_tokens(api, self._plan.fleet)
        await self._convoy.start()

    async def _step(self, api: ApiClient, to_s: int) -> None:
        await api.set_clock(self._script.origin_us + to_s * 1_000_000)
        began = time.monotonic()
        self._convoy.send(to_s)
        await self._cameras.report(api, to_s)
        if to_s - self._keeper.until_s >= TRUTH_STEP_S or to_s >= self._plan.end_s + SETTLE_S:
            self._keeper.extend(to_s)
        self._own_s += time.monotonic() - began
        self._sent_s = to_s
        await self._restart(api, to_s)
        await self._drained(api)

    async def _restart(self, api: ApiClient, to_s: int) -> None:
        """The server goes, with what was just sent still on its way, and comes back.

        It hears the time at once: else the next step would be an outage to it, in which it heard
        nobody, though no simulated time has passed.
        """
        while self._restarts_s and self._restarts_s[0] < to_s:
            self._restarts_s.popleft()
            self._restarted.clear()
            self._tell({"stage": "restart"})
            await self._restarted.wait()
            self._restarts += 1
            await api.set_clock(self._script.origin_us + to_s * 1_000_000)

    async def _drained(self, api: ApiClient) -> None:
        """Wait until all is acknowledged. Terminals try for ever; that the server is gone its API
        tells."""
        waiting = asyncio.create_task(self._convoy.drained())
        try:
            while not (await asyncio.wait([waiting], timeout=LOOK_EVERY_S))[0]:
                await api.request("GET", "/test/clock")
            waiting.result()
        finally:
            waiting.cancel()

    async def _score(self, api: ApiClient) -> None:
        rows = await api.violations()
        self._identities = await api.identities()  # cameras have made units of new plates
        self._last = score(self._plan, self._keeper, rows, self._identities, self._sent_s)

    def _step_s(self) -> int:
        if not self._script.speed:
            return STEP_S
        return max(1, min(STEP_S, int(self._script.speed)))

    async def _pace(self, began: float) -> None:
        if self._script.speed:
            due = began + self._sent_s / self._script.speed
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _counts(self) -> dict[str, int]:
        own = {"fixes": self._convoy.fixes_sent, "server_restarts": self._restarts}
        return {**own, **self._convoy.counts()}

    def _progress(self, end_s: int) -> None:
        line = {"stage": "run", "sent_until_s": self._sent_s, "end_s": end_s}
        self._tell({**line, "fixes": self._convoy.fixes_sent})
