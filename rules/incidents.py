"""Violations of one unit that overlap, or lie close in time, are one incident.

Computed from the violations as they stand, whichever came first: the same violations always make
the same incidents.
"""

from __future__ import annotations

from collections.abc import Iterable

from model.outcomes import Counted


def incidents(violations: Iterable[Counted], gap_us: int) -> dict[int, int]:
    """Violation id -> its incident's id, the smallest id in it. All of one unit."""
    found: dict[int, int] = {}
    members: list[int] = []
    reach_us = 0
    for violation in sorted(violations, key=lambda v: (v.started_us, v.id)):
        if members and violation.started_us > reach_us + gap_us:
            found |= dict.fromkeys(members, min(members))
            members = []
        reach_us = max(reach_us, violation.until_us) if members else violation.until_us
        members.append(violation.id)
    if members:
        found |= dict.fromkeys(members, min(members))
    return found
