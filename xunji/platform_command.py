"""A scenario against a foreign platform, judged on what it answers."""

from __future__ import annotations

import asyncio
import sys
import time

import typer

from simulators.foreign.run import ForeignRun
from simulators.scenario.plan import make_plan
from simulators.scenario.reading import ScenarioProblem, read_scenario
from xunji.scenario_command import Files, progress, show

DAY_US = 86_400_000_000


def judge_platform(
    name: str,
    address: tuple[str, int],
    *,
    check: bool,
    files: Files,
    speed: float,
    reply_limit_s: float,
    limit_s: float,
) -> None:
    """Play and judge; ends the program with the exit status."""
    try:
        files.check()
        scenario, source = read_scenario(name)
        # The last whole day on which all already lies behind us: its platform's clock is real.
        days = int(scenario.hours // 24) + 2
        past_us = time.time_ns() // 1_000 - days * DAY_US
        plan = make_plan(source.path.stem, scenario, source, after_us=past_us)
    except (ScenarioProblem, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    run = ForeignRun(plan, address, speed=speed, reply_limit_s=reply_limit_s, limit_s=limit_s)
    told = asyncio.run(run.play(progress()))
    show(told, files)
    sys.exit(1 if told["error"] or (check and not told["passed"]) else 0)
