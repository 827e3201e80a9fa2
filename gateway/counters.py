"""Named integers: what came in, what was refused and why connections were closed."""

from __future__ import annotations

from collections import Counter

MAX_NAMES = 1_000  # names carry reasons; reasons come from our code, but a cap costs nothing
OTHER = "other"


class Counters:
    """Counts by name, such as `closed.idle` or `refused.checksum`; exported by the metrics page."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, number: int = 1) -> None:
        """Count; a new name above the cap counts as "other"."""
        if name not in self._counts and len(self._counts) >= MAX_NAMES:
            name = OTHER
        self._counts[name] += number

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def as_dict(self) -> dict[str, int]:
        """A copy, sorted by name."""
        return dict(sorted(self._counts.items()))
