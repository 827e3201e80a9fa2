"""Working faster than the work allows: the same condition for brush and pump."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import HOLD, NO, Column
from rules.readings import (
    applies,
    at_most,
    column_of,
    in_places,
    in_rule_fences,
    signal_is_yes,
    speed_kmh,
    why_unknown,
)
from rules.trilogic import Tri, all_of, negate
from rules.view import View


def working_too_fast(view: View, rule: Rule, parameters: dict[str, float], signal: str) -> Column:
    """Signal on AND speed > max_working_kmh; HOLD down to return_kmh; inside the rule's fences."""
    speed = speed_kmh(view)
    too_fast = _too_fast(speed, parameters)
    value = all_of(
        applies(view, rule), signal_is_yes(view, signal), in_rule_fences(view, rule), too_fast
    )
    fence = in_places(view, rule.fence_tags, rule.fence_ids)
    return column_of(value, speed, fence, lambda: why_unknown(view, speed))


def too_fast_clauses(
    view: View, rule: Rule, parameters: dict[str, float], working: Clause
) -> list[Clause]:
    """The condition of `working_too_fast`, part by part."""
    speed, limit_kmh = speed_kmh(view), parameters["max_working_kmh"]
    words = "车速超过作业限速", "faster than the work allows"
    return [
        clauses.schedule(view, rule),
        working,
        clauses.inside_fences(view, rule),
        Clause("too_fast", *words, _too_fast(speed, parameters), speed, limit_kmh, "km/h"),
    ]


def _too_fast(speed: NDArray[np.float64], parameters: dict[str, float]) -> Tri:
    too_fast = negate(at_most(speed, parameters["max_working_kmh"]))
    too_fast[(too_fast == NO) & (np.nan_to_num(speed) >= parameters["return_kmh"])] = HOLD
    return too_fast
