"""A device's fixes one by one, as plain numbers, for kinds that follow a device."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import signals
from model.position import FixSource
from model.rulebook import Rule
from rules.contract import NO
from rules.readings import in_hours
from rules.view import View

_FIELDS = [
    "time_us", "longitude_e6", "latitude_e6", "speed_kmh_e1", "accuracy_m", "fix_source",
    "odometer_m", "signals",
]  # fmt: skip


class Fix(NamedTuple):
    """One fix in the units of POSITION_DTYPE."""

    time_us: int
    longitude_e6: int
    latitude_e6: int
    speed_kmh_e1: int
    accuracy_m: int
    fix_source: int
    odometer_m: int
    signals: int

    @property
    def speed_kmh(self) -> float | None:
        """None where unknown; a terminal without a fix repeats its last speed, so None there."""
        unknown = self.speed_kmh_e1 < 0 or self.fix_source == FixSource.NONE
        return None if unknown else self.speed_kmh_e1 / 10

    def signal(self, name: str) -> int:
        """Field value 0..3 of a work signal."""
        return (self.signals >> signals.SIGNALS[name].shift) & 3


def fixes(view: View, places: slice) -> Sequence[Fix]:
    """The fixes at these places, in order."""
    return list(starmap(Fix, view.rows[places][_FIELDS].tolist()))


def numbers(view: View, *names: str) -> list[list[int]]:
    """Columns of POSITION_DTYPE as plain numbers, read once a view however many rules ask."""
    for name in names:
        if ("numbers", name) not in view.made:
            view.made["numbers", name] = view.rows[name].tolist()
    return [view.made["numbers", name] for name in names]


def where(wanted: NDArray[np.bool_], *columns: Sequence[Any]) -> list[tuple[Any, ...] | None]:
    """Notes (`rules.contract.PassingKind`) of the columns' values; None where not wanted."""
    notes: list[tuple[Any, ...] | None] = list(zip(*columns, strict=True))
    for place in np.flatnonzero(~wanted).tolist():
        notes[place] = None
    return notes


def acquit_outside_schedule(value: NDArray[np.int8], view: View, places: slice, rule: Rule) -> None:
    """NO, in place, for fixes outside the rule's schedule; a rule without one always applies."""
    if rule.schedule is not None:
        value[~in_hours(view, rule.schedule)[places]] = NO
