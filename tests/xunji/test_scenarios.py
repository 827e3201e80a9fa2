"""Scenarios against a whole embedded server: judged, reported, and ended when it falls silent."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from simulators.facts import CRITERIA
from simulators.scenario.reading import read_scenario, scenario_names
from simulators.scenario.run import Run, RunScript
from xunji.command_line import build_app
from xunji.scenario_command import Target, judge_scenario

EMBEDDED = Target(None, "", "", "chief", "")
TEXT = """\
about: Two trucks, one of them uncovered, for one server
start: "2026-03-02 19:00"
hours: 2
fleet: {muck_truck: 2}
behaviours:
  - {unit: muck truck 2, does: leaves_uncovered, at: "20:10", minutes: 8}
must_not:
  - {rule: uncovered_load, unit: muck truck 1}
"""


def quiet(line: dict[str, Any]) -> None:
    """Nobody watches."""


@pytest.mark.parametrize("name", ["bad-line", "handsets", "sightings"])
async def test_a_scenario_of_the_library_passes(name: str) -> None:
    told = await judge_scenario(name, EMBEDDED, quiet)
    assert told["error"] is None
    assert (told["missed"], told["false_violations"]) == ([], [])
    assert told["passed"]
    assert told["counts"]["acknowledged"] == told["counts"]["sent"] > 100
    assert told["counts"]["refused"] == 0


async def test_a_server_that_is_restarted_loses_and_doubles_nothing() -> None:
    told = await judge_scenario("server-restarts", EMBEDDED, quiet)
    assert (told["error"], told["missed"], told["false_violations"]) == (None, [], [])
    assert told["counts"]["server_restarts"] == 4
    assert told["counts"]["acknowledged"] == told["counts"]["sent"] > 100


def test_the_command_writes_its_reports_and_its_status(tmp_path: Path) -> None:
    scenario = tmp_path / "two.yaml"
    wrong = 'must:\n  - {rule: route_deviation, unit: muck truck 1, from: "20:00", to: "20:30"}\n'
    scenario.write_text(TEXT + wrong)
    junit, report = tmp_path / "a.xml", tmp_path / "a.json"
    options = ["--check", "--junit", str(junit), "--json", str(report)]
    done = CliRunner().invoke(build_app("simulate"), ["simulate", str(scenario), *options])
    assert done.exit_code == 1, done.output
    assert "missed: route_deviation, muck truck 1" in done.output
    told = json.loads(report.read_text())
    assert told["vehicle_hours"] == 4
    entry = told["rules"]["uncovered_load"]
    assert (entry["expected"], entry["raised"], entry["matched"]) == (1, 1, 1)
    assert (entry["missed"], entry["false"], entry["precision"], entry["recall"]) == (0, 0, 1, 1)
    assert 0 <= entry["delay_p50_s"] <= entry["delay_p99_s"]
    assert (told["total"]["expected"], told["total"]["missed"]) == (2, 1)
    suite = ET.fromstring(junit.read_text())
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["route_deviation"]
    assert suite.get("tests") == str(len(CRITERIA) + 1)


def test_scenarios_are_listed_and_what_is_none_is_refused(tmp_path: Path) -> None:
    app = build_app("simulate")
    listed = CliRunner().invoke(app, ["simulate", "--list"])
    assert [line.split()[0] for line in listed.output.splitlines()] == scenario_names()
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEXT.replace("hours: 2", "hours: never"))
    done = CliRunner().invoke(app, ["simulate", str(bad)])
    assert done.exit_code == 2
    assert "bad.yaml:3: hours: " in done.output
    there = ["--json", str(tmp_path / "no such folder" / "a.json")]
    done = CliRunner().invoke(app, ["simulate", "uncovered-nearly", *there])
    assert done.exit_code == 2
    assert "make it first" in done.output.replace("\n", " ")
    assert CliRunner().invoke(app, ["simulate", "--check"]).exit_code == 2


def test_a_dump_is_written_without_any_server(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    done = CliRunner().invoke(
        build_app("simulate"), ["simulate", "uncovered-nearly", "--dump", str(path)]
    )
    assert done.exit_code == 0, done.output
    first = json.loads(path.read_text().splitlines()[0])
    assert bytes.fromhex(first["hex"])[1:3] == b"\x01\x00"


def script(port: int, **limits: float) -> RunScript:
    return RunScript(
        name="two",
        path="two.yaml",
        text=TEXT,
        url=f"http://127.0.0.1:{port}",
        username="chief",
        password="wrong",
        gateway=("127.0.0.1", port),
        broker=None,
        origin_us=1_772_449_200_000_000,
        **limits,
    )


@pytest.mark.parametrize("answers", [True, False])
async def test_a_server_that_stops_answering_ends_the_run_with_what_was_seen(answers: bool) -> None:
    """It accepts and says nothing, or is not there at all."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = mute.sockets[0].getsockname()[1]
    if not answers:
        mute.close()
        await mute.wait_closed()
    lines: list[dict[str, Any]] = []
    await asyncio.wait_for(
        Run(script(port, answer_s=1.0), lines.append, asyncio.Event()).play(), 20
    )
    told = lines[-1]["report"]
    assert told["error"]
    assert not told["passed"]
    assert told["total"]["raised"] == 0
    mute.close()


def test_the_library_needs_no_path() -> None:
    assert read_scenario("noisy-day")[1].path.name == "noisy-day.yaml"


def test_a_foreign_platform_that_is_not_there_fails_with_a_report(tmp_path: Path) -> None:
    junit = tmp_path / "a.xml"
    options = ["--platform", "127.0.0.1:1", "--check", "--junit", str(junit), "--limit", "0.1"]
    app = build_app("simulate")
    done = CliRunner().invoke(app, ["simulate", "uncovered-nearly", *options])
    assert done.exit_code == 1, done.output
    assert "<error" in junit.read_text()
