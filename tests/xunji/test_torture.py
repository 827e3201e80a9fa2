"""The proof by killing, short: three kills of the server, its database stopped, killed and full."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from xunji.command_line import build_app


def test_three_kills_lose_nothing(tmp_path: Path) -> None:
    told = tmp_path / "report.json"
    options = ["--kills=3", "--seconds=6", "--seed=5", "--terminals=8", "--handsets=3", "--rate=8"]
    result = CliRunner().invoke(build_app("torture"), ["torture", *options, "--json", str(told)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    report = json.loads(told.read_bytes())
    names = ("lost", "doubled", "strange", "violations_differ", "summaries_differ")
    faults = {name: report[name] for name in names}
    assert faults == dict.fromkeys(faults, 0), report["faults"]
    assert (report["passed"], result.exit_code) == (True, 0), report
    assert (report["kills"], report["database_stops"], report["database_kills"]) == (3, 1, 1)
    assert report["sent"] == report["acknowledged"] == report["stored"] >= 11 * 40
    assert report["violations"] > 5
    assert report["summaries"] >= 8, "a day of every truck, and none of inspectors"
