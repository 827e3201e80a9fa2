"""What a view's fixes say, read the same way by every kind: speed, accuracy, signals, places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.position import FixSource, Rows
from model.rulebook import Rule, Schedule
from rules.contract import UNKNOWN, Column
from rules.trilogic import Tri, tri
from rules.view import View
from rules.windows import in_schedule

# A network fix that does not state its accuracy is a cell tower's or an access point's reach.
_UNSTATED_M = {FixSource.LBS: 1_000.0, FixSource.WIFI: 100.0}


def speed_kmh(view: View) -> NDArray[np.float64]:
    """Speed, NaN where unknown; a terminal without a fix repeats its last speed, so NaN there."""
    return view.once("speed_kmh", _speed_kmh)


def accuracy_m(view: View, assumed_m: float) -> NDArray[np.float64]:
    """Accuracy as stated; `assumed_m` for satellite fixes that state none."""
    return view.once(("accuracy_m", assumed_m), lambda whole: accuracy_of(whole.rows, assumed_m))


def signal_is_yes(view: View, name: str) -> Tri:
    """Whether a work signal is yes (either kind of yes)."""
    return view.once(("signal", name), lambda whole: _signal_is_yes(whole, name))


def at_least(values: NDArray[np.float64], threshold: float) -> Tri:
    """`values >= threshold`; NaN is unknown."""
    return tri(values >= threshold, ~np.isnan(values))


def at_most(values: NDArray[np.float64], threshold: float) -> Tri:
    """`values <= threshold`; NaN is unknown."""
    return tri(values <= threshold, ~np.isnan(values))


def in_hours(view: View, schedule: Schedule) -> NDArray[np.bool_]:
    """Whether each fix time lies in a window of the schedule."""

    def look(whole: View) -> NDArray[np.bool_]:
        return in_schedule(whole.rows["time_us"], schedule, whole.roster.calendar)

    return view.once(("hours", schedule), look)


def applies(view: View, rule: Rule) -> Tri:
    """Whether the rule's schedule applies at the fix time; a rule without one always does."""
    if rule.schedule is None:
        return np.ones(len(view.rows), np.int8)
    return tri(in_hours(view, rule.schedule))


def in_places(view: View, tags: tuple[str, ...], ids: tuple[int, ...] = ()) -> NDArray[np.int32]:
    """For each fix the first fence around it with one of these tags or ids, or -1."""

    def look(whole: View) -> NDArray[np.int32]:
        return whole.membership.first_inside(whole.index.marked(ids, tags), len(whole.rows))

    return view.once(("places", tags, ids), look)


def _speed_kmh(view: View) -> NDArray[np.float64]:
    speed = view.rows["speed_kmh_e1"].astype(np.float64)
    speed[(speed < 0) | ~view.usable] = np.nan
    return speed / 10


def accuracy_of(rows: Rows, assumed_m: float) -> NDArray[np.float64]:
    """As `accuracy_m`, of rows outside a view."""
    accuracy = rows["accuracy_m"].astype(np.float64)
    source = rows["fix_source"]
    unstated = accuracy < 0
    accuracy[unstated] = assumed_m
    for network, reach_m in _UNSTATED_M.items():
        accuracy[unstated & (source == network)] = reach_m
    return accuracy


def _signal_is_yes(view: View, name: str) -> Tri:
    field = signals.field(view.rows["signals"], name)
    return tri(field >= signals.YES, field != signals.UNKNOWN)


def in_rule_fences(view: View, rule: Rule) -> Tri:
    """Whether the fix lies in a fence of the rule; a rule without fences judges everywhere."""
    if not (rule.fence_tags or rule.fence_ids):
        return np.ones(len(view.rows), np.int8)
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
    reasons: NDArray[np.object_] | Callable[[], NDArray[np.object_]] | None = None,
) -> Column:
    """A Column; `reasons` (why each row would be unknown) is asked only if one is."""
    fence = np.full(len(value), -1, np.int32) if fence is None else fence
    if reasons is None or UNKNOWN not in value:
        return Column(value, measure, fence)
    said = reasons() if callable(reasons) else reasons
    return Column(value, measure, fence, str(said[value.argmin()]), said)
