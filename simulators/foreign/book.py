"""What is held against a platform: a check a line, counted as rules are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulators.scenario.plan import Plan

MAX_NAMED = 50
# check: what a platform must do. Standard JT/T 808-2013.
CHECKS = {
    "registration": "0x8100 with the serial of 0x0100 and result 0 (8.6)",
    "log_in": "0x8001 to 0x0102 with result 0 (8.2)",
    "acknowledged": "each report is acknowledged, once, with result 0 (6.1, 8.2)",
    "right_serial": "an acknowledgement names a message that was sent (8.2)",
    "reply_delay": "it comes within the limit",
    "well_formed": "its frames have right checksums, lengths and escapes (4.4)",
    "own_header": "it answers in the terminal's edition, to the terminal's phone (4.4.3)",
    "own_serials": "its own serials count up by one (4.4.3)",
    "before_log_in": "a report before the log-in is not acknowledged with success (5.1)",
    "damaged_frame": "a frame with a wrong checksum gets no answer, the next one does (4.4.4)",
    "repeated_frame": "a frame that comes again is acknowledged again (6.1)",
    "bytewise": "a frame that arrives byte by byte is acknowledged (4.4.2)",
    "sub_packages": "a batch (0x0704) in sub-packages is acknowledged (4.4.3, 8.49)",
    "heartbeat": "0x0002 is acknowledged (8.3)",
    "unsupported": "an unknown message is answered with result 3 (8.2)",
}


@dataclass(slots=True)
class Entry:
    """One check: `expected` things, so many as they should be, missing, or wrong."""

    expected: int = 0
    matched: int = 0
    missed: int = 0
    false: int = 0
    delays_s: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As a rule's line of a scenario's report."""
        raised = self.matched + self.false
        p50, p99 = np.percentile(self.delays_s, (50, 99)) if self.delays_s else (None, None)
        return {
            "expected": self.expected,
            "raised": raised,
            "matched": self.matched,
            "missed": self.missed,
            "false": self.false,
            "precision": self.matched / raised if raised else None,
            "recall": self.matched / self.expected if self.expected else None,
            "delay_p50_s": None if p50 is None else round(float(p50), 3),
            "delay_p99_s": None if p99 is None else round(float(p99), 3),
        }


class Book:
    """All checks of a run, of all terminals."""

    def __init__(self) -> None:
        self.entries = {name: Entry() for name in CHECKS}
        self.missed: list[tuple[str, str]] = []
        self.false: list[tuple[str, str]] = []
        self.commands: dict[str, int] = {}

    def right(self, check: str, delay_s: float | None = None) -> None:
        """As it should be."""
        entry = self.entries[check]
        entry.expected += 1
        entry.matched += 1
        if delay_s is not None:
            entry.delays_s.append(delay_s)

    def lacking(self, check: str, what: str, count: int = 1) -> None:
        """It did not come."""
        self.entries[check].expected += count
        self.entries[check].missed += count
        if len(self.missed) < MAX_NAMED:
            self.missed.append((check, what))

    def wrong(self, check: str, what: str) -> None:
        """It came, but not so, or should not have come."""
        self.entries[check].false += 1
        if len(self.false) < MAX_NAMED:
            self.false.append((check, what))

    def note(self, check: str, good: bool, what: str) -> None:
        """Right, or wrong."""
        if good:
            self.right(check)
        else:
            self.entries[check].expected += 1
            self.wrong(check, what)

    def report(
        self,
        plan: Plan,
        seconds: tuple[float, float],
        error: str | None,
        counts: Mapping[str, int],
    ) -> dict[str, Any]:
        """The JSON report, in the form of a scenario's (`simulators.scenario.report`)."""
        whole_s, own_s = seconds
        total = Entry()
        for entry in self.entries.values():
            total.expected += entry.expected
            total.matched += entry.matched
            total.missed += entry.missed
            total.false += entry.false
        return {
            "scenario": plan.name,
            "passed": error is None and not total.missed and not total.false,
            "error": error,
            "vehicle_hours": round(plan.vehicle_hours, 3),
            "seconds": round(whole_s, 1),
            "simulators_s": round(own_s, 1),
            "unit_seconds_per_s": round(plan.vehicle_hours * 3_600 / max(whole_s, 0.1)),
            "rules": {name: entry.summary() for name, entry in self.entries.items()},
            "total": total.summary(),
            "missed": [{"rule": rule, "what": what} for rule, what in self.missed],
            "false_violations": [{"rule": rule, "what": what} for rule, what in self.false],
            "counts": {**counts, **self.commands},
        }
