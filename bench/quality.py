"""Rule quality: the noisy day through the whole server, graded by the scenario's truth.

Quick: 30 vehicles and three hours of it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from xunji.scenario_command import Target, judge_scenario

Entry = dict[str, Any]
LIMIT_S = 3_600.0


def run(quick: bool) -> list[Entry]:
    """Entries of the noisy day, or of its slice."""
    name = "noisy-hours" if quick else "noisy-day"
    target = Target(None, "", "", "chief", "")
    told = asyncio.run(judge_scenario(name, target, lambda _: None, limit_s=LIMIT_S))
    if told["error"]:
        raise RuntimeError(f"{name} did not end: {told['error']}")
    return entries(told)


def entries(told: dict[str, Any]) -> list[Entry]:
    """Recall, false violations and speed, over all rules, then recall and false by rule."""
    total = told["total"]
    what = (
        f"{told['scenario']}: {total['expected']} truths, {told['vehicle_hours']:,.0f} unit-hours"
    )

    def entry(name: str, value: float, unit: str, target: str) -> Entry:
        return {"name": name, "value": value, "unit": unit, "target": target, "baseline": what}

    unit_seconds = told["vehicle_hours"] * 3_600 / max(told["seconds"], 0.1)
    found = [
        entry("quality_recall", total["recall"] or 0.0, "of 1", ">= 1"),
        entry("quality_false", total["false"], "violations", "<= 0"),
        entry("quality_run", told["seconds"], "s", "<= 300"),
        entry("quality_speed", unit_seconds, "unit-s/s", ""),
    ]
    for rule, score in told["rules"].items():
        if score["expected"]:
            found.append(entry(f"quality_recall_{rule}", score["recall"], "of 1", ">= 1"))
        found.append(entry(f"quality_false_{rule}", score["false"], "violations", "<= 0"))
    return found
