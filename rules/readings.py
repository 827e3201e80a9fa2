"""What a view's fixes say, read the same way by every kind: speed, accuracy, signals, places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.position import FixSource
from model.rulebook import Rule
from rules.contract import UNKNOWN, Column
from rules.trilogic import Tri, tri
from rules.view import View
from rules.windows import in_schedule

# A network fix that does not state its accuracy is a cell tower's or an access point's reach.
_UNSTATED_M = {FixSource.LBS: 1_000.0, FixSource.WIFI: 100.0}


def speed_kmh(view: View) -> NDArray[np.float64]:
    """Speed, NaN where unknown; a terminal without a fix repeats its last speed, so NaN there."""
    speed = view.rows["speed_kmh_e1"].astype(np.float64)
    speed[(speed < 0) | ~view.usable] = np.nan
    return speed / 10


def accuracy_m(view: View, assumed_m: float) -> NDArray[np.float64]:
    """Accuracy as stated; `assumed_m` for satellite fixes that state none."""
    accuracy = view.rows["accuracy_m"].astype(np.float64)
    source = view.rows["fix_source"]
    unstated = accuracy < 0
    accuracy[unstated] = assumed_m
    for network, reach_m in _UNSTATED_M.items():
        accuracy[unstated & (source == network)] = reach_m
    return accuracy


def signal_is_yes(view: View, name: str) -> Tri:
    """Whether a work signal is yes (either kind of yes)."""
    field = signals.field(view.rows["signals"], name)
    return tri(field >= signals.YES, field != signals.UNKNOWN)


def at_least(values: NDArray[np.float64], threshold: float) -> Tri:
    """`values >= threshold`; NaN is unknown."""
    known = ~np.isnan(values)
    return tri(known & (np.nan_to_num(values) >= threshold), known)


def at_most(values: NDArray[np.float64], threshold: float) -> Tri:
    """`values <= threshold`; NaN is unknown."""
    known = ~np.isnan(values)
    return tri(known & (np.nan_to_num(values) <= threshold), known)


def applies(view: View, rule: Rule) -> Tri:
    """Whether the rule's schedule applies at the fix time; a rule without one always does."""
    if rule.schedule is None:
        return tri(np.ones(len(view.rows), np.bool_))
    return tri(in_schedule(view.rows["time_us"], rule.schedule, view.roster.calendar))


def in_places(view: View, tags: tuple[str, ...], ids: tuple[int, ...] = ()) -> NDArray[np.int32]:
    """For each fix the first fence around it with one of these tags or ids, or -1."""
    return view.membership.first_inside(view.index.marked(ids, tags), len(view.rows))


def in_rule_fences(view: View, rule: Rule) -> Tri:
    """Whether the fix lies in a fence of the rule; a rule without fences judges everywhere."""
    if not (rule.fence_tags or rule.fence_ids):
        return tri(np.ones(len(view.rows), np.bool_))
    return tri(in_places(view, rule.fence_tags, rule.fence_ids) >= 0, view.usable)


def why_unknown(
    view: View, speed: NDArray[np.float64], precise: NDArray[np.bool_] | None = None
) -> NDArray[np.object_]:
    """Why each fix would be unknown: no place before poor place, speed, signals."""
    reasons = np.full(len(speed), "signal_unknown", object)
    reasons[np.isnan(speed)] = "speed_unknown"
    if precise is not None:
        reasons[~precise] = "poor_gnss"
    reasons[~view.usable] = "no_position"
    return reasons


def column_of(
    value: Tri,
    measure: NDArray[np.float64],
    fence: NDArray[np.int32] | None = None,
    reasons: NDArray[np.object_] | None = None,
) -> Column:
    """A Column; its one `reason` is the one that most of its unknown rows have."""
    fence = np.full(len(value), -1, np.int32) if fence is None else fence
    if reasons is None or not (value == UNKNOWN).any():
        return Column(value, measure, fence, reasons=reasons)
    names, counts = np.unique(reasons[value == UNKNOWN].astype(str), return_counts=True)
    return Column(value, measure, fence, str(names[counts.argmax()]), reasons)
