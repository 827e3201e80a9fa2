"""Duplicates out before the COPY: within a batch, and against what each device sent recently.

Same means equal device, fix time and stored columns; the receive delay does not count. A different
report of the same device and second gets the next variant. What is older than this memory is left
to the unique key and the writer's slow path, so a cap costs speed, never correctness.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from model.position import POSITION_DTYPE, PositionBatch

RECENT_PER_DEVICE = 64  # fix times remembered a device; a terminal's whole upload buffer is rarer
RECENT_TOTAL = 500_000  # fix times remembered at all; the longest silent devices go first

_Digests = tuple[int, ...]


class RecentReports:
    """Digests of the reports last seen, by device and fix time. One owner: the ingest loop.

    They are entered when the batch is cut: there is one commit in flight and it is retried until
    it succeeds, so what is entered here is stored or still unacknowledged, never lost.
    """

    def __init__(self, per_device: int = RECENT_PER_DEVICE, total: int = RECENT_TOTAL) -> None:
        self._per_device = per_device
        self._total = total
        self._devices: OrderedDict[int, dict[int, _Digests]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def fresh(self, batch: PositionBatch) -> NDArray[np.intp]:
        """Indexes of the rows that are new, in order; their `variant` is set in place."""
        if not len(batch):
            return np.empty(0, np.intp)
        digests = _digests(batch)
        devices: list[int] = batch.rows["device_id"].tolist()
        times: list[int] = batch.rows["time_us"].tolist()
        fresh: list[int] = []
        variants = batch.rows["variant"]
        for index, (device, time, digest) in enumerate(zip(devices, times, digests, strict=True)):
            recent = self._of(device)
            known = recent.get(time)
            if known is None:
                recent[time] = (digest,)
                self._size += 1
                self._trim(recent)
            elif digest in known:
                continue
            else:
                variants[index] = len(known)
                recent[time] = (*known, digest)
            fresh.append(index)
        self._evict()
        return np.array(fresh, np.intp)

    def _of(self, device: int) -> dict[int, _Digests]:
        recent = self._devices.get(device)
        if recent is None:
            recent = self._devices[device] = {}
        else:
            self._devices.move_to_end(device)
        return recent

    def _trim(self, recent: dict[int, _Digests]) -> None:
        if len(recent) > self._per_device:
            del recent[next(iter(recent))]
            self._size -= 1

    def _evict(self) -> None:
        while self._size > self._total:
            _, recent = self._devices.popitem(last=False)
            self._size -= len(recent)


def _digests(batch: PositionBatch) -> list[int]:
    rows = batch.rows.copy()
    rows["variant"] = 0
    rows["delay_ms"] = 0
    size = POSITION_DTYPE.itemsize
    octets = rows.tobytes()
    return [
        hash((octets[start : start + size], attributes))
        for start, attributes in zip(range(0, len(octets), size), batch.attributes, strict=True)
    ]
