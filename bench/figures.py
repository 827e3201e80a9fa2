"""What a benchmark measured, and whether that meets its target."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypedDict

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


class Figure(TypedDict):
    """One line of bench/results.json. `target` as ">= 0.3"; empty: nothing is promised.

    `baseline`: what it was measured against, in words and numbers. `date`: ISO 8601, UTC.
    """

    name: str
    value: float
    unit: str
    target: str
    baseline: str
    machine: str
    date: str


def figure_of(entry: Mapping[str, Any], machine: str, now: datetime) -> Figure:
    """A figure from what a benchmark's `run` returned. Raises KeyError for a missing field."""
    baseline = entry["baseline"]
    return Figure(
        name=str(entry["name"]),
        value=float(entry["value"]),
        unit=str(entry["unit"]),
        target=str(entry["target"] or ""),
        baseline="" if baseline is None else str(baseline),
        machine=machine,
        date=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def meets(value: float, target: str) -> bool:
    """Whether a value meets ">= 0.3"; an empty target is met by every number.

    Raises ValueError for a target that is written otherwise.
    """
    if not target:
        return True
    sign, _, limit = target.partition(" ")
    if sign not in _COMPARE:
        raise ValueError(f"a target reads '>= 0.3', not {target!r}")
    return _COMPARE[sign](value, float(limit))
