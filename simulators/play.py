"""Plays a fleet against a running server: history in the server's simulated time, then live.

In history each step moves the server's clock, sends what is due, waits until all of it is
acknowledged; so the server's ticks never claim to have heard what is still on its way. A step must
stay shorter than the shortest silence that breaks a rule, less the silences that nearly do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from simulators.api_client import ApiClient
from simulators.city import build_city
from simulators.convoy import Convoy
from simulators.facts import CRITERIA
from simulators.fleet import Fleet, build_fleet
from simulators.judge import Grade, judge, read_violations
from simulators.truth import TruthKeeper

LIVE_STEP_S = 1.0
GRADE_EVERY_S = 5.0
SETTLE_S = 1_800  # after the last fix of a fast run, so that every episode can end
TRUTH_BACK_S = 43_200


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What to play. Seconds count from `origin_us` of the plan.

    `until_s`: where history ends; None: at the real present, then `live`. `resumed`: earlier runs
    sent what lies before `from_s`, so it is graded too.
    """

    url: str
    username: str
    password: str
    gateway: tuple[str, int]
    broker: tuple[str, int] | None
    seed: int
    origin_us: int
    units: int = 40
    interval_s: int = 15
    live_s: float | None = None
    from_s: int = 0
    until_s: int | None = None
    step_s: int = 240
    live: bool = False
    resumed: bool = False


def fleet_of(script: Script) -> Fleet:
    """The fleet of a script: the same wherever it is built."""
    return build_fleet(
        build_city(script.seed),
        script.seed,
        script.origin_us,
        units=script.units,
        interval_s=script.interval_s,
        live_s=script.live_s,
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the play is: "history", "caught_up" (once), "live" or "done"."""

    stage: str
    sent_until_s: int
    end_s: int
    fixes: int
    counts: dict[str, int]
    grade: Grade | None = None


class Player:
    """One play. `tell` hears of progress after every step."""

    def __init__(self, script: Script, tell: Callable[[Progress], None]) -> None:
        self._script = script
        self._tell = tell
        self._fleet = fleet_of(script)
        self._convoy = Convoy(self._fleet, script.gateway, script.broker, script.from_s)
        back_s = max(0, script.from_s - TRUTH_BACK_S) if script.resumed else script.from_s
        self._keeper = TruthKeeper(self._fleet, back_s)
        self._identities: dict[int, str] = {}

    async def run(self) -> Grade:
        """Play to the end (live: until cancelled); returns the last grade."""
        script = self._script
        async with ApiClient(script.url) as api:
            await api.log_in(script.username, script.password)
            self._identities = await api.identities()
            await self._convoy.start()
            try:
                sent_s = await self._history(api)
                if script.live:
                    self._report("caught_up", sent_s, sent_s)
                    await self._live(api, sent_s)
                return await self._settle(api, sent_s)
            finally:
                await self._convoy.stop()

    def _now_s(self) -> int:
        return int(time.time() - self._script.origin_us / 1e6)

    def _end_s(self) -> int:
        return self._now_s() if self._script.until_s is None else self._script.until_s

    async def _history(self, api: ApiClient) -> int:
        script, sent_s = self._script, self._script.from_s
        graded_at = time.monotonic()
        while sent_s < (end_s := self._end_s()):
            sent_s = min(sent_s + script.step_s, end_s)
            await api.set_clock(script.origin_us + sent_s * 1_000_000)
            self._convoy.send(sent_s)
            self._keeper.extend(sent_s)
            await self._convoy.drained()
            grade = None
            if time.monotonic() - graded_at > GRADE_EVERY_S:
                grade, graded_at = await self._grade(api, sent_s), time.monotonic()
            self._report("history", sent_s, end_s, grade)
        return sent_s

    async def _live(self, api: ApiClient, sent_s: int) -> None:
        graded_at = 0.0
        while True:
            now_s = self._now_s()
            if now_s > sent_s:
                self._convoy.send(now_s)
                self._keeper.extend(now_s)
                sent_s = now_s
            if time.monotonic() - graded_at > GRADE_EVERY_S:
                graded_at = time.monotonic()
                grade = await self._grade(api, now_s)
                self._report("live", sent_s, sent_s, grade)
            await asyncio.sleep(LIVE_STEP_S)

    async def _settle(self, api: ApiClient, sent_s: int) -> Grade:
        """Send on without a fresh breach in sight until what began has ended; then grade."""
        end_s = sent_s + SETTLE_S
        while sent_s < end_s:
            sent_s = min(sent_s + self._script.step_s, end_s)
            await api.set_clock(self._script.origin_us + sent_s * 1_000_000)
            self._convoy.send(sent_s)
            self._keeper.extend(sent_s)
            await self._convoy.drained()
        await api.set_clock(self._script.origin_us + (sent_s + 1) * 1_000_000)
        grade = await self._grade(api, sent_s)
        self._report("done", sent_s, end_s, grade)
        return grade

    async def _grade(self, api: ApiClient, now_s: int) -> Grade:
        raised = read_violations(
            await api.violations(), self._identities, self._script.origin_us, now_s
        )
        # Rule kinds that the plan has no truth of are neither true nor false.
        judged = [one for one in raised if one.kind in CRITERIA]
        known = [one for one in judged if one.from_s >= self._keeper.from_s]
        return judge(self._keeper, known, now_s)

    def _report(self, stage: str, sent_s: int, end_s: int, grade: Grade | None = None) -> None:
        convoy = self._convoy
        self._tell(Progress(stage, sent_s, end_s, convoy.fixes_sent, convoy.counts(), grade))


def progress_line(progress: Progress) -> dict[str, Any]:
    """Progress as plain values, for a pipe."""
    grade = progress.grade
    return {
        "stage": progress.stage,
        "sent_until_s": progress.sent_until_s,
        "end_s": progress.end_s,
        "fixes": progress.fixes,
        "counts": progress.counts,
        "grade": grade.summary() if grade else None,
        "false": [msgspec.to_builtins(one) for one in grade.false_violations] if grade else [],
        "missed": [msgspec.to_builtins(one) for one in grade.missed_truths] if grade else [],
        "pending": grade.pending if grade else {},
    }
