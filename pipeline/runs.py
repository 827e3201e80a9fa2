"""What the server missed between two of its runs, as the journal's ticks tell it."""

from __future__ import annotations

from collections.abc import Sequence

Tick = tuple[int, int]  # journal id, tick (us)


class Runs:
    """Hears the ticks in journal order. `run_after`: the newest journal row of earlier runs;
    `outage_us`: a gap this long between ticks of two runs is an outage of ours."""

    def __init__(self, run_after: int, outage_us: int) -> None:
        self._run_after = run_after
        self._outage_us = outage_us
        self._told = False
        self.last_tick_us: int | None = None

    def begin(self, judged_journal_id: int, last_tick_us: int | None) -> None:
        """What is judged already; whether the gap before this run was told with it."""
        self._told = judged_journal_id > self._run_after
        self.last_tick_us = last_tick_us

    def outage(self, ticks: Sequence[Tick]) -> tuple[int, int] | None:
        """How long nobody was listening, told by this run's first tick, and again until it is
        `noted`. What an earlier run has received may come after its end, out of the spool."""
        earlier = [tick_us for journal_id, tick_us in ticks if journal_id <= self._run_after]
        if earlier:
            self.last_tick_us = earlier[-1]
        ours = ticks[len(earlier) :]
        if self._told or not ours:
            return None
        first_us, last_us = ours[0][1], self.last_tick_us
        if last_us is None or first_us - last_us <= self._outage_us:
            self._told = True
            return None
        return last_us, first_us

    def noted(self) -> None:
        """The outage is in the database."""
        self._told = True
