"""The setting's clock. A test server may live in simulated time; production refuses it."""

from __future__ import annotations

import time


class SystemClock:
    """Real time."""

    def now_us(self) -> int:
        """Microseconds since 1970, UTC."""
        return time.time_ns() // 1000


class SimulatedClock:
    """Moves only when it is set; never backwards."""

    def __init__(self, start_us: int) -> None:
        self._now_us = start_us
        self._live_offset_us: int | None = None

    def now_us(self) -> int:
        """The simulated time; after `go_live` it runs on with real time."""
        if self._live_offset_us is not None:
            return time.time_ns() // 1000 + self._live_offset_us
        return self._now_us

    def advance_to(self, now_us: int) -> None:
        """Set the time. Raises ValueError when it would run backwards."""
        if now_us < self.now_us():
            raise ValueError("simulated time cannot run backwards")
        self._now_us = now_us

    def go_live(self) -> None:
        """From now on run with real time (the demo after its history)."""
        self._live_offset_us = self._now_us - time.time_ns() // 1000
