"""The answers to why-not as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from api.times import iso_us
from rules.why_not import Run
from rules.why_not_words import Answer

MAX_RUNS = 500


def answer_json(found: Answer) -> dict[str, Any]:
    """Code, words, fix and clauses."""
    shown: dict[str, Any] = msgspec.to_builtins(found)
    fix_us = shown.pop("fix_us")
    return {"fix_at": None if fix_us is None else iso_us(fix_us), **shown}


def runs_json(device_id: int, rule_id: int, runs: Sequence[Run]) -> dict[str, Any]:
    """As WhyNotPeriod."""
    return {
        "device_id": device_id,
        "rule_id": rule_id,
        "runs": [
            {"from": iso_us(run.from_us), "to": iso_us(run.to_us), **answer_json(run.answer)}
            for run in runs[:MAX_RUNS]
        ],
        "cut": len(runs) > MAX_RUNS,
    }
