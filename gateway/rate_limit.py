"""How often somebody may come: a bucket a name, refilled with time, in a table with a cap."""

from __future__ import annotations

from collections import OrderedDict

MAX_NAMES = (
    20_000  # the one that came least lately is forgotten, and begins anew with a full bucket
)


class RateLimit:
    """`per_minute` on average, as many at once."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now_s: float) -> float:
        """0 if it may come, or the seconds after which it may."""
        left, then_s = self._buckets.pop(name, (self._capacity, now_s))
        left = min(self._capacity, left + (now_s - then_s) * self._capacity / 60)
        wait_s = 0.0 if left >= 1 else (1 - left) * 60 / self._capacity
        self._buckets[name] = (left if wait_s else left - 1, now_s)
        if len(self._buckets) > MAX_NAMES:
            self._buckets.popitem(last=False)
        return wait_s
