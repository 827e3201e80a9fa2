"""The quality benchmark can fail: what was missed or false shows in its figures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bench.figures import figure_of, meets
from bench.quality import entries


def told(matched: int, false: int) -> dict[str, Any]:
    rule = {"expected": 4, "raised": matched + false, "matched": matched, "false": false}
    score = {**rule, "missed": 4 - matched, "recall": matched / 4}
    return {
        "scenario": "noisy-hours", "vehicle_hours": 120.0, "seconds": 10.0,
        "rules": {"uncovered_load": score}, "total": score,
    }  # fmt: skip


def missed(matched: int, false: int) -> set[str]:
    now = datetime.now(UTC)
    figures = [figure_of(entry, "here", now) for entry in entries(told(matched, false))]
    return {figure["name"] for figure in figures if not meets(figure["value"], figure["target"])}


def test_a_perfect_run_meets_every_target() -> None:
    assert missed(4, 0) == set()


def test_a_missed_truth_fails_recall_and_a_false_violation_its_own() -> None:
    assert missed(3, 0) == {"quality_recall", "quality_recall_uncovered_load"}
    assert missed(4, 1) == {"quality_false", "quality_false_uncovered_load"}
