"""A condition clause by clause, for the question why nothing was raised.

A kind that can be asked has `clauses`; where every clause holds, so does its condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol as Interface
from typing import runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.contract import Memory
from rules.readings import applies, at_least, at_most, in_places, signal_is_yes, speed_kmh
from rules.trilogic import negate, tri
from rules.trips import hauls_of
from rules.view import View


@dataclass(slots=True)
class Clause:
    """One part of a condition over a view's rows, as a tri-state column.

    `measured` against `threshold`, where it compares a number in `unit`; NaN where unknown.
    """

    name: str
    zh: str
    en: str
    value: NDArray[np.int8]
    measured: NDArray[np.float64] | None = None
    threshold: float | None = None
    unit: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A clause at one fix, or of a duty; `value`: yes, no, unknown or hold (between limits)."""

    name: str
    zh: str
    en: str
    value: str
    measured: float | None = None
    threshold: float | None = None
    unit: str = ""


@runtime_checkable
class ExplainingKind(Interface):
    """A RuleKind that says which part of its condition does not hold."""

    def clauses(self, view: View, rule: Rule, parameters: dict[str, float]) -> list[Clause]:
        """Every part, in the order in which a person would ask."""


@runtime_checkable
class RecallingKind(Interface):
    """A FollowingKind that says which part of its condition does not hold; `parts`: name and words
    (Chinese, English) of each."""

    parts: tuple[tuple[str, str, str], ...]

    def recall(
        self, view: View, value: int, memory: tuple[Memory, Memory], rule: Rule
    ) -> list[Clause]:
        """Every part at one fix (the view's) of which the condition is `value`, by the memory
        before and after it."""


def schedule(view: View, rule: Rule) -> Clause:
    """The rule's schedule applies at the fix time."""
    return Clause("schedule", "在规则适用时段内", "within the rule's schedule", applies(view, rule))


def signal(view: View, name: str, zh: str, en: str, *, wanted: bool = True) -> Clause:
    """A work signal is yes, or (not `wanted`) is not."""
    yes = signal_is_yes(view, name)
    return Clause(name, zh, en, yes if wanted else negate(yes))


def faster(view: View, threshold_kmh: float) -> Clause:
    """At least so fast."""
    speed = speed_kmh(view)
    value = at_least(speed, threshold_kmh)
    return Clause("moving", "车速达到下限", "at least so fast", value, speed, threshold_kmh, "km/h")


def slower(view: View, threshold_kmh: float) -> Clause:
    """At most so fast."""
    speed = speed_kmh(view)
    value = at_most(speed, threshold_kmh)
    return Clause(
        "not_faster", "车速不超上限", "at most so fast", value, speed, threshold_kmh, "km/h"
    )


def inside_fences(view: View, rule: Rule) -> Clause:
    """In a fence of the rule; a rule without fences judges everywhere."""
    value = tri(np.ones(len(view.rows), np.bool_))
    if rule.fence_tags or rule.fence_ids:
        value = tri(in_places(view, rule.fence_tags, rule.fence_ids) >= 0, view.usable)
    return Clause("inside_fences", "在规则的围栏内", "inside the rule's fences", value)


def hauling(view: View) -> Clause:
    """A truck is loaded and away from where it was loaded."""
    value = hauls_of(view).hauling
    return Clause("hauling", "满载并已离场", "loaded and away from where it was loaded", value)
