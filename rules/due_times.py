"""When the first of each device's open duties is due, kept from tick to tick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from operator import is_not

import numpy as np
from numpy.typing import NDArray

from rules.state import DeviceState


class DueTimes:
    """Only devices heard since the tick before, or judged anew, are asked again."""

    def __init__(self, first_due_us: Callable[[DeviceState], int]) -> None:
        """`first_due_us`: of a state, far in the future where it holds no duty."""
        self._first_due_us = first_due_us
        self._states: list[DeviceState] = []
        self._heard_us = np.empty(0, np.int64)
        self._due_us = np.empty(0, np.int64)

    def until(
        self, states: Mapping[int, DeviceState], heard_us: NDArray[np.int64], until_us: int
    ) -> list[int]:
        """Ids of the devices with a duty due by a time; `heard_us`: beside the states, the time of
        each one's last fix."""
        known, count = list(states.values()), len(states)
        before = min(count, len(self._states))
        changed = np.ones(count, np.bool_)
        changed[:before] = heard_us[:before] != self._heard_us[:before]
        # What is judged anew is another state, though it may end at the same fix.
        changed[list(compress(range(before), map(is_not, known, self._states)))] = True
        due_us = np.empty(count, np.int64)
        due_us[:before] = self._due_us[:before]
        for place in np.flatnonzero(changed).tolist():
            due_us[place] = self._first_due_us(known[place])
        self._states, self._heard_us, self._due_us = known, heard_us, due_us
        return list(compress(states, (due_us <= until_us).tolist()))
