"""How much one device may report: so many a second on average, and a burst of what it had kept.

The generic cell rate algorithm (ITU-T I.371 Annex A): a device has one number, the time at which
all that it has sent would have come at its rate. It outlives a connection, so that nobody gets a
new burst by connecting anew. What comes of a report that is too early is the door's: a TCP socket
is not read for a while, and nothing is lost.
"""

from __future__ import annotations

from collections import Counter

_LONG_AGO_S = float("-inf")


class ReportRate:
    """`per_s` on average, `burst` at once. Bounded by the register: only known devices report.

    Answers are 0, or the seconds after which the report would have been in time; `now_s` is of a
    clock that never jumps.
    """

    def __init__(self, per_s: float = 20, burst: int = 5_000) -> None:
        self._interval_s = 1 / per_s
        self._burst_s = burst / per_s
        self._due_s: dict[int, float] = {}
        self.early: Counter[int] = Counter()  # reports that came too early, by device

    def take(self, device_id: int, now_s: float) -> float:
        """Of a report that is taken in any case."""
        due_s = self._due_s[device_id] = self._due(device_id, now_s)
        if due_s <= now_s:
            return 0.0
        self.early[device_id] += 1
        return due_s - now_s

    def refuse(self, device_id: int, now_s: float) -> float:
        """Of a report that is refused when it is too early: then it costs nothing."""
        due_s = self._due(device_id, now_s)
        if due_s > now_s:
            self.early[device_id] += 1
            return due_s - now_s
        self._due_s[device_id] = due_s
        return 0.0

    def _due(self, device_id: int, now_s: float) -> float:
        due_s = self._due_s.get(device_id, _LONG_AGO_S)
        idle_s = now_s - self._burst_s
        return (due_s if due_s > idle_s else idle_s) + self._interval_s


class NoRate(ReportRate):
    """Everything is in time: a second of simulated time may take a millisecond."""

    def take(self, device_id: int, now_s: float) -> float:  # noqa: ARG002
        """In time."""
        return 0.0

    refuse = take
