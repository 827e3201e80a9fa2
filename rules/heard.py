"""When each device was last heard, in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from rules.by_device import find
from rules.state import DeviceState

Times = NDArray[np.int64]
_last_us = attrgetter("last_us")


@dataclass(frozen=True, slots=True)
class Heard:
    """Devices, sorted, and the time of each one's last fix; `by_state_us`: in the states' order."""

    device_ids: NDArray[np.int64]
    last_us: Times
    by_state_us: Times

    @staticmethod
    def of(states: Mapping[int, DeviceState]) -> Heard:
        """Of all states."""
        ids = np.fromiter(states, np.int64, len(states))
        last_us = np.fromiter(map(_last_us, states.values()), np.int64, len(states))
        order = np.argsort(ids)
        return Heard(ids[order], last_us[order], last_us)

    def last_of(self, device_ids: NDArray[np.integer]) -> Times:
        """The last fix of each of these; 0: never heard."""
        last_us = np.zeros(len(device_ids), np.int64)
        place, known = find(self.device_ids, device_ids)
        last_us[known] = self.last_us[place[known]]
        return last_us

    def silent(self, until_us: int, longer_than_us: float) -> list[int]:
        """Ids of the devices with a longer silence before a time."""
        ids: list[int] = self.device_ids[until_us - self.last_us > longer_than_us].tolist()
        return ids
