"""What was sent, what was acknowledged, and what the database has in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from model.days import DAY_DTYPE
from simulators.torture.plan import TorturePlan, Unit

MAX_NAMED = 20  # examples of each fault
COMPARED = ("longitude_e6", "latitude_e6", "speed_kmh_e1")
SUMMED = (DAY_DTYPE.names or ())[3:]  # behind unit, organisation and day


class Stored(NamedTuple):
    """A row of the database: identity, fix time in microseconds, and the columns of COMPARED."""

    identity: str
    time_us: int
    longitude_e6: int
    latitude_e6: int
    speed_kmh_e1: int


class Raised(NamedTuple):
    """A standing violation, times in microseconds, place in millionths."""

    identity: str
    kind: str
    started_us: int
    ended_us: int | None
    longitude_e6: int
    latitude_e6: int


class Summed(NamedTuple):
    """A vehicle's local day: identity, date, and the sums of SUMMED."""

    identity: str
    day: str
    sums: tuple[int, ...]


@dataclass(slots=True)
class Ledger:
    """Numbers by unit. A report sent twice is one number."""

    sent: dict[str, set[int]] = field(default_factory=dict)
    acknowledged: dict[str, set[int]] = field(default_factory=dict)
    refused: int = 0

    def send(self, unit: Unit, number: int) -> None:
        """It is about to leave."""
        self.sent.setdefault(unit.identity, set()).add(number)

    def acknowledge(self, identity: str, numbers: Iterable[int], *, good: bool) -> None:
        """The server said that it is stored, or (not good) that it never will be."""
        if good:
            self.acknowledged.setdefault(identity, set()).update(numbers)
        else:
            self.refused += 1

    @property
    def sent_count(self) -> int:
        """Reports sent."""
        return sum(map(len, self.sent.values()))

    @property
    def acknowledged_count(self) -> int:
        """Reports acknowledged."""
        return sum(map(len, self.acknowledged.values()))


@dataclass(frozen=True, slots=True)
class Faults:
    """Counts, and examples in words."""

    lost: int
    doubled: int
    strange: int
    examples: tuple[str, ...]


def compare(plan: TorturePlan, ledger: Ledger, rows: Sequence[Stored]) -> Faults:
    """Acknowledged and not stored; stored more than once; stored and never so sent."""
    stored: Counter[tuple[str, int]] = Counter()
    strange = []
    for identity, numbered in _numbered(plan, ledger, rows).items():
        for number, is_right, row in numbered:
            if number is not None and is_right:
                stored[identity, number] += 1
            else:
                strange.append(f"strange: {row}")
    doubled = [f"doubled: {key}, {n} times" for key, n in stored.items() if n > 1]
    lost = [
        f"lost: {identity} number {number}"
        for identity, numbers in ledger.acknowledged.items()
        for number in sorted(numbers)
        if not stored[identity, number]
    ]
    named = (*lost[:MAX_NAMED], *doubled[:MAX_NAMED], *strange[:MAX_NAMED])
    return Faults(len(lost), len(doubled), len(strange), named)


def _numbered(
    plan: TorturePlan, ledger: Ledger, rows: Sequence[Stored]
) -> dict[str, list[tuple[int | None, bool, Stored]]]:
    """By unit: each row's number, and whether it is what was sent under it."""
    by_identity: dict[str, list[Stored]] = {}
    for row in rows:
        by_identity.setdefault(row.identity, []).append(row)
    units = {unit.identity: unit for unit in plan.units}
    found: dict[str, list[tuple[int | None, bool, Stored]]] = {}
    for identity, own in by_identity.items():
        numbers = [plan.number_of(row.time_us) for row in own]
        sent = ledger.sent.get(identity, set())
        if identity not in units:
            found[identity] = [(None, False, row) for row in own]
            continue
        known = np.array([0 if n is None else n for n in numbers], np.int64)
        fixes = plan.fixes(units[identity], known)
        expected = list(zip(*(fixes[name].tolist() for name in COMPARED), strict=True))
        found[identity] = [
            (number, number in sent and row[2:] == wanted, row)
            for number, row, wanted in zip(numbers, own, expected, strict=True)
        ]
    return found


def differences(**sides: Sequence[Hashable]) -> list[str]:
    """What one of two named sides has and the other has not, each as often as it is."""
    (name, mine), (other, theirs) = ((name, Counter(side)) for name, side in sides.items())
    only_here = [f"only {name}: {found}" for found in (mine - theirs).elements()]
    return only_here + [f"only {other}: {found}" for found in (theirs - mine).elements()]
