"""Grades a server: its violations, as the API shows them, against the plan's truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.facts import CRITERIA
from simulators.truth import Truth, TruthKeeper

EDGE_S = 180.0  # a violation may begin or end so far from the truth: intervals, lights, lost fixes
GRACE_S = 150.0  # from the moment a truth is long enough until it counts as missed


@dataclass(frozen=True, slots=True)
class Raised:
    """A standing violation, in seconds of the plan."""

    violation_id: int
    kind: str
    identity: str
    from_s: float
    to_s: float
    storm_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """Counts of violations (raised = true + false) and of truths (missed, pending by kind)."""

    raised: int
    true: int
    false: int
    missed: int
    pending: dict[str, int]
    false_violations: tuple[Raised, ...]
    missed_truths: tuple[Truth, ...]

    def summary(self) -> dict[str, int]:
        """As the page's footer shows it."""
        counts = {"raised": self.raised, "true": self.true, "false": self.false}
        return {**counts, "missed": self.missed, "pending": sum(self.pending.values())}


def read_violations(
    violations: Sequence[dict[str, Any]], identities: dict[int, str], origin_us: int, now_s: float
) -> list[Raised]:
    """API violations (docs/api.md) of known devices; withdrawn ones are none, nor older ones."""
    found = []
    for row in violations:
        identity = identities.get(row["device"]["id"])
        from_s = _plan_s(row["started_at"], origin_us)
        if identity is None or row["finding"] == "withdrawn" or from_s < -EDGE_S:
            continue
        to_s = _plan_s(row["ended_at"], origin_us) if row["ended_at"] else now_s
        kind, storm_id = row["rule"]["kind"], row.get("inhibited_by")
        found.append(Raised(row["id"], kind, identity, from_s, to_s, storm_id))
    return found


def judge(keeper: TruthKeeper, raised: Sequence[Raised], now_s: float) -> Grade:
    """Compare. A truth that is too young to have been raised and told is pending."""
    false = [violation for violation in raised if not is_tolerated(keeper, violation)]
    pending: Counter[str] = Counter()
    missed = []
    for truth in keeper.truths():
        if any(meets(truth, violation) for violation in raised):
            continue
        due_s = truth.from_s + CRITERIA[truth.kind].sure_s + GRACE_S
        if due_s > now_s:
            pending[truth.kind] += 1
        else:
            missed.append(truth)
    return Grade(
        raised=len(raised),
        true=len(raised) - len(false),
        false=len(false),
        missed=len(missed),
        pending=dict(pending),
        false_violations=tuple(false),
        missed_truths=tuple(missed),
    )


def meets(truth: Truth, violation: Raised) -> bool:
    """Whether a violation is of this truth."""
    same = (violation.kind, violation.identity) == (truth.kind, truth.identity)
    return same and overlaps(violation, truth.from_s, truth.to_s)


def is_tolerated(keeper: TruthKeeper, violation: Raised) -> bool:
    """Whether the plan gives reason enough not to call it false."""
    if violation.kind not in CRITERIA:
        return False
    spans = keeper.tolerated(violation.identity, violation.kind)
    return any(overlaps(violation, start, end) for start, end in spans)


def overlaps(violation: Raised, from_s: float, to_s: float) -> bool:
    """Whether it lies at least partly in a period, by `EDGE_S`."""
    return violation.from_s < to_s + EDGE_S and violation.to_s > from_s - EDGE_S


def _plan_s(text: str, origin_us: int) -> float:
    return datetime.fromisoformat(text).timestamp() - origin_us / 1e6
