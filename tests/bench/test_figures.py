"""Figures are judged by their target and kept in one file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bench.__main__ as runner
from bench.figures import figure_of, meets

ENTRY = {"name": "decode_ratio", "value": 4, "unit": "x", "target": ">= 3", "baseline": None}


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [
        (3.0, ">= 3", True),
        (2.99, ">= 3", False),
        (1.5, "<= 1.5", True),
        (1.6, "<= 1.5", False),
        (0.0, "= 0", True),
        (7.0, "", True),
    ],
)
def test_targets(value: float, target: str, met: bool) -> None:
    assert meets(value, target) is met


def test_a_target_in_other_words_is_refused() -> None:
    with pytest.raises(ValueError, match="reads"):
        meets(1.0, "about 3")


def test_a_run_replaces_its_own_figures_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results.json")
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    runner.keep([figure_of(ENTRY, "m", now), figure_of({**ENTRY, "name": "other"}, "m", now)])
    runner.keep([figure_of({**ENTRY, "value": 5}, "m", now)])
    kept = json.loads((tmp_path / "results.json").read_text())
    assert {figure["name"]: figure["value"] for figure in kept} == {"decode_ratio": 5, "other": 4}
    assert kept[0]["date"] == "2026-01-02T03:04:05Z"


def test_a_missed_target_is_shown() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    lines = runner.table([figure_of({**ENTRY, "value": 2}, "m", now)]).splitlines()
    assert lines[1].split() == ["decode_ratio", "2", "x", ">=", "3", "NO"]
