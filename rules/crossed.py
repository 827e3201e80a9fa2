"""Which small areas a vehicle has passed through between two fixes that both lie outside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.position import FixSource, Rows, empty_rows
from rules.readings import accuracy_of
from rules.view import View

_LIMITS = ("max_crossing_s", "assumed_accuracy_m", "max_accuracy_m")


def crossed(
    view: View, ids: tuple[int, ...], tags: tuple[str, ...], parameters: dict[str, float]
) -> NDArray[np.int32]:
    """For each row the first fence with one of these ids or tags on the straight line from its
    device's fix before, or -1.

    By fixes of `max_accuracy_m` or better, `max_crossing_s` apart at most.
    """
    limits = tuple(parameters[name] for name in _LIMITS)
    name = ("crossed", ids, tags, limits)
    return view.once(name, lambda whole: _crossed(whole, whole.index.marked(ids, tags), limits))


def _crossed(view: View, marked: NDArray[np.bool_], limits: tuple[float, ...]) -> NDArray[np.int32]:
    max_crossing_s, assumed_accuracy_m, max_accuracy_m = limits
    joined, own = _with_fixes_before(view)
    accuracy = accuracy_of(joined, assumed_accuracy_m)
    usable = (joined["fix_source"] != FixSource.NONE) & (accuracy <= max_accuracy_m)
    joined, own = joined[usable], own[usable]
    found = view.index.crossings(joined, max_crossing_s)
    pairs = marked[found.fence] & (own[found.row] >= 0)
    fence = np.full(len(view.rows), -1, np.int32)
    # Written backwards, so that of equal rows the first fence stays.
    fence[own[found.row[pairs]][::-1]] = found.fence[pairs][::-1]
    return fence


def _with_fixes_before(view: View) -> tuple[Rows, NDArray[np.intp]]:
    """The rows and their devices' fixes before them, by device and time; each one's number among
    the view's rows, -1 for a fix before."""
    before = empty_rows(0) if view.before is None else view.before()
    joined = np.concatenate([before, view.rows])
    own = np.concatenate([np.full(len(before), -1), np.arange(len(view.rows))])
    order = np.lexsort((own, joined["time_us"], joined["device_id"]))
    return joined[order], own[order].astype(np.intp)
