"""Rows -> View: sorted, with everything that says where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from geofence.index import FenceIndex
from model.position import FixSource, Rows, empty_rows, rows_at
from model.rulebook import Rulebook
from rules.roster import Roster
from rules.state import DeviceState
from rules.view import View

# Reports of one device and second are ordered by content, not by arrival: any order of arrival
# must give the same violations.
_TIE_ORDER = ("course_deg", "alarm_bits", "signals", "speed_kmh_e1", "latitude_e6", "longitude_e6")


def sort_rows(rows: Rows) -> Rows:
    """By device, fix time, then content."""
    order = np.lexsort((rows["time_us"], rows["device_id"]))
    device, time_us = rows["device_id"][order], rows["time_us"][order]
    if not ((device[1:] == device[:-1]) & (time_us[1:] == time_us[:-1])).any():
        return rows_at(rows, order)
    keys = tuple(rows[name] for name in _TIE_ORDER)
    return rows_at(rows, np.lexsort((*keys, rows["time_us"], rows["device_id"])))


def last_places(ids: Sequence[int], states: Mapping[int, DeviceState]) -> Callable[[], Rows]:
    """The last located fixes of these devices as rows; made only for the rule that asks."""

    def make() -> Rows:
        known = [id_ for id_ in ids if states[id_].located_us]
        rows = empty_rows(len(known))
        rows["device_id"] = known
        rows["time_us"] = [states[id_].located_us for id_ in known]
        for name in ("longitude_e6", "latitude_e6", "accuracy_m", "fix_source"):
            rows[name] = [getattr(states[id_], name) for id_ in known]
        return rows

    return make


def build_view(
    rows: Rows, rulebook: Rulebook, kinds: Mapping[int, str], roster: Roster, index: FenceIndex
) -> View:
    """A view of sorted rows; `kinds`: device id -> unit kind."""
    return View(
        rows=rows,
        usable=rows["fix_source"] != FixSource.NONE,
        index=index,
        fences=rulebook.fences,
        rulebook=rulebook,
        roster=roster,
        kinds=kinds,
    )
