"""`xunji rules` and `xunji backtest`: rules go out and come back; a file is tried on the past."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from storage.database import Database
from storage.instants import to_datetime
from tests.pipeline.judging import CLOSED, OPEN, SECOND_US, START_US, World, fixes


@pytest.fixture
async def world(plain_database: Database) -> AsyncIterator[World]:
    """A truck whose cover was open for 105 s, judged by the rules of the tests."""
    world = World(plain_database)
    await world.prepare(1)
    world.start()
    values = [CLOSED] * 4 + [OPEN] * 8 + [CLOSED] * 8
    await world.feed(fixes(world.devices[0], world.organisation_id, values))
    await world.settled()
    async with world.database.pool.connection() as conn:  # in force also at the real now
        await conn.execute("UPDATE rules SET valid_from = '2020-01-01'")
    yield world
    await world.stop()


def xunji(world: World, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: a back-test lowers its own priority."""
    return subprocess.run(
        [sys.executable, "-c", "from xunji.command_line import main; main()", *arguments],
        env={**os.environ, "XUNJI_DATABASE__URL": world.database.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_rules_go_out_and_only_what_differs_comes_in(world: World, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    assert xunji(world, "rules", "export", file).stdout == f"{file}: 2 rules\n"
    again = xunji(world, "rules", "import", file, "--dry-run")
    assert again.stdout.splitlines()[-1].startswith("0 new, 0 changed, 2 as they were")
    change(file, moving_kmh=9)
    done = xunji(world, "rules", "import", file)
    assert done.stdout.splitlines() == [
        "~ uncovered_load: uncovered_load",
        "0 new, 1 changed, 1 as they were: done",
    ]
    change(file, moving_kmh=-1)
    refused = xunji(world, "rules", "import", file)
    assert refused.returncode == 1
    assert "moving_kmh" in refused.stderr
    assert "Traceback" not in refused.stderr


def change(file: Path, **parameters: float) -> None:
    """Other parameters for the load rule of the file, which afterwards holds only the rules."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for rule in content["rules"]:
        if rule["kind"] == "uncovered_load":
            rule["parameters"] = parameters
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


@pytest.mark.parametrize(
    ("parameters", "counts"),
    [
        ({}, (1, 1, 0, 0)),  # as it was: found, the same
        ({"min_duration_s": 200.0}, (0, 0, 0, 1)),  # stricter: what was raised would not be
    ],
)
async def test_a_rule_is_tried_on_the_past(
    world: World, tmp_path: Path, parameters: dict[str, float], counts: tuple[int, ...]
) -> None:
    file = tmp_path / "rules.yaml"
    assert xunji(world, "rules", "export", file).returncode == 0
    change(file, **parameters)
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["rules"] = [rule for rule in content["rules"] if rule["kind"] == "uncovered_load"]
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    period = [to_datetime(START_US + hours * 3_600 * SECOND_US).isoformat() for hours in (0, 1)]
    done = xunji(
        world, "backtest", "--rule", file, "--from", period[0], "--to", period[1], "--json"
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    diff = shown["diff"]
    assert (shown["found"], diff["same"], diff["only_now"], diff["only_before"]) == counts
