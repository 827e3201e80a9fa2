"""What an examination writes down: frames, verdicts, findings."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from protocols.jt808.header import Header

if TYPE_CHECKING:
    from simulators.conform.platform import Platform

PASS, FAIL, NOT_TESTED = "pass", "fail", "not_tested"
MAX_FRAMES = 24  # shown of one step
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how patient we are, and what we set the terminal to.

    After `silence_s` without a word of the terminal the examination ends.
    """

    connect_s: float = 300
    answer_s: float = 30
    silence_s: float = 180
    interval_s: int = 10
    heartbeat_s: int = 10
    ack_timeout_s: int = 5
    outage_s: float = 60


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the terminal; `body` and `values` of a package are the package's own."""

    header: Header
    frame: bytes
    body: bytes
    values: Values
    at_s: float
    connection: int

    @property
    def message_id(self) -> int:
        """0x0200 and the like."""
        return self.header.message_id


@dataclass(frozen=True, slots=True)
class Connected:
    """The terminal has opened a connection."""

    at_s: float


Event = Heard | Connected


@dataclass(frozen=True, slots=True)
class Await:
    """A step waits for an event; it gets None when none matched in time."""

    matches: Callable[[Event], bool]
    within_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome, and in words what was seen."""

    outcome: str
    zh: str
    en: str


Course = Generator[Await, Event | None, Verdict]


@dataclass(frozen=True, slots=True)
class Step:
    """One clause. `clauses`: its number in the 2013 and in the 2019 edition.

    `needs_log_in`: it is not begun while the terminal is away.
    """

    name: str
    clauses: tuple[str, str]
    zh: str
    en: str
    run: Callable[[Platform], Course]
    needs_log_in: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame of the record: "up" is the terminal's."""

    at_s: float
    direction: str
    message: str
    hex: str


@dataclass(slots=True)
class Finding:
    """A step and what came of it."""

    step: Step
    clause: str
    verdict: Verdict
    frames: list[Shown] = field(default_factory=list)


def passed(zh: str, en: str) -> Verdict:
    """The clause holds."""
    return Verdict(PASS, zh, en)


def failed(zh: str, en: str) -> Verdict:
    """The clause does not hold."""
    return Verdict(FAIL, zh, en)


def not_tested(zh: str, en: str) -> Verdict:
    """It could not be tried; why."""
    return Verdict(NOT_TESTED, zh, en)
