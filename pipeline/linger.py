"""How long a step of judgement waits for company.

Most of a small step is the same for one row and for a hundred. So, unless enough rows wait, steps
begin at least LEAST_S apart, and so far apart that they take no more than QUIET_SHARE of a core.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

LEAST_S, LONGEST_S = 0.4, 2.0
QUIET_SHARE = 0.01
ENOUGH_ROWS = 256


class Linger:
    """Times are those of the event loop."""

    def __init__(self) -> None:
        self.began_s = float("-inf")  # the last step
        self._cost_s = 0.0

    @property
    def due_s(self) -> float:
        """When the next step begins that has little company."""
        return self.began_s + min(max(LEAST_S, self._cost_s / QUIET_SHARE), LONGEST_S)

    @contextmanager
    def step(self) -> Iterator[None]:
        """A step: its processor time says how long the next one waits."""
        began_s = process_time()
        yield
        self._cost_s = process_time() - began_s
