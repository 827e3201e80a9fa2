"""Violations as stored, and what a new judgement does to them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from model.rulebook import Finding


class StoredViolation(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine needs to know of a violation in the database; times in event time."""

    id: int
    device_id: int
    rule_id: int
    started_us: int
    ended_us: int | None
    last_us: int
    status: Literal["open", "taken", "closed"]
    finding: Literal["standing", "withdrawn"]
    rule_version: int = 0
    kind: str = ""
    measures: dict[str, Any] = {}  # of duties, by which late data may change nothing else

    @property
    def duty(self) -> str:
        """As `model.rulebook.Finding.duty`."""
        return str(self.measures.get("duty", ""))

    @property
    def acted_on(self) -> bool:
        """A person has taken or closed it: the engine lays corrections beside it."""
        return self.status != "open"


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A device's event time (after_us, until_us] that was judged anew, whole.

    `undecided`: (rule id, start) of episodes still under way at the end of the window, whose
    violations the window says nothing about.
    """

    device_id: int
    after_us: int
    until_us: int
    undecided: frozenset[tuple[int, int]]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One step towards the new judgement.

    raise: `finding` is new. update: `violation` is now `finding`. withdraw: `violation` was not
    one. For a violation that a person acted on, update and withdraw become corrections beside it.
    """

    action: Literal["raise", "update", "withdraw"]
    finding: Finding | None = None
    violation: StoredViolation | None = None
