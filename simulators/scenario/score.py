"""What a server raised against a scenario's truth: counts, precision, recall, delay a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from simulators.facts import CRITERIA
from simulators.judge import EDGE_S, Raised, is_tolerated, meets, overlaps, read_violations
from simulators.scenario.plan import Plan, Stated
from simulators.truth import Truth, TruthKeeper


@dataclass(slots=True)
class RuleScore:
    """One rule. `delays_s`: from when a truth was long enough until it was raised."""

    expected: int = 0
    raised: int = 0
    matched: int = 0
    missed: int = 0
    false: int = 0
    delays_s: list[float] = field(default_factory=list)

    def add(self, other: RuleScore) -> None:
        """Sum up."""
        for name in ("expected", "raised", "matched", "missed", "false"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delays_s += other.delays_s

    def summary(self) -> dict[str, float | None]:
        """As in the JSON report. Precision and recall are None where there is nothing to count."""
        delays = np.array(self.delays_s)
        p50, p99 = np.percentile(delays, (50, 99)).tolist() if len(delays) else (None, None)
        return {
            "expected": self.expected,
            "raised": self.raised,
            "matched": self.matched,
            "missed": self.missed,
            "false": self.false,
            "precision": (self.raised - self.false) / self.raised if self.raised else None,
            "recall": self.matched / self.expected if self.expected else None,
            "delay_p50_s": p50,
            "delay_p99_s": p99,
        }


@dataclass(slots=True)
class Score:
    """All rules; what was missed and what was false, each in a sentence by its rule."""

    rules: dict[str, RuleScore]
    missed: list[tuple[str, str]]
    false: list[tuple[str, str]]

    @property
    def passed(self) -> bool:
        """Nothing missed, nothing false."""
        return not self.missed and not self.false

    def total(self) -> RuleScore:
        """Over all rules."""
        whole = RuleScore()
        for score in self.rules.values():
            whole.add(score)
        return whole


def expectations(plan: Plan, truths: Iterable[Truth]) -> list[Truth]:
    """The plan's truths, and those `must` entries that no truth covers."""
    found = list(truths)
    for stated in plan.must:
        if not any(_covers(stated, truth) for truth in found):
            found += [
                Truth(stated.rule, identity, stated.from_s, stated.to_s, 1.0)
                for identity in sorted(stated.identities)
            ]
    return found


def score(
    plan: Plan,
    keeper: TruthKeeper,
    rows: Sequence[dict[str, Any]],
    identities: dict[int, str],
    now_s: float,
) -> Score:
    """Grade the API's violations `rows`; only of the scenario's units and of judged rules."""
    own = {unit.identity: unit.identity for unit in plan.fleet.units}
    own |= {  # what is raised of a misread plate is raised of the truck
        sight.plate: unit.identity
        for unit in plan.fleet.units
        for sight in (unit.papers.seen if unit.papers else ())
        if sight.plate != unit.plate
    }
    known = {device: own[identity] for device, identity in identities.items() if identity in own}
    judged = [row for row in rows if row["rule"]["kind"] in CRITERIA]
    raised = read_violations(judged, known, plan.fleet.origin_us, now_s)
    told_s = {row["id"]: _told_s(row, plan) for row in judged}
    result = Score({kind: RuleScore() for kind in CRITERIA}, [], [])
    for truth in expectations(plan, keeper.truths()):
        if truth.from_s < plan.end_s:
            _count_truth(result, plan, truth, raised, told_s)
    for storm in plan.storms:
        _count_storm(result, plan, storm, raised)
    for violation in raised:
        if violation.from_s < plan.end_s:
            _count_raised(result, plan, keeper, violation)
    return result


def _count_truth(
    result: Score, plan: Plan, truth: Truth, raised: Sequence[Raised], told_s: dict[int, float]
) -> None:
    entry = result.rules[truth.kind]
    entry.expected += 1
    found = [violation for violation in raised if meets(truth, violation)]
    if not found:
        entry.missed += 1
        period = _period(plan, truth.from_s, truth.to_s)
        result.missed.append((truth.kind, f"{_who(plan, truth.identity)}, {period}"))
        return
    entry.matched += 1
    if truth.margin <= 1.0:
        return  # stated by hand: nobody knows since when
    due_s = truth.from_s + CRITERIA[truth.kind].threshold_s
    entry.delays_s.append(max(0.0, min(told_s[one.violation_id] for one in found) - due_s))


def _count_storm(result: Score, plan: Plan, storm: Stated, raised: Sequence[Raised]) -> None:
    """One truth: each of its units is told of, all in one storm, and nobody else is in it."""
    entry = result.rules[storm.rule]
    entry.expected += 1
    own = [violation for violation in raised if _hits(storm, violation)]
    storms = {violation.storm_id for violation in own}
    inside = {one.identity for one in raised if one.storm_id in storms}
    if len(storms) == 1 and None not in storms and inside == storm.identities:
        entry.matched += 1
        return
    entry.missed += 1
    wanted = f"one storm of {len(storm.identities)} units"
    seen = f"{len({one.identity for one in own})} told of, in {len(storms - {None})} storms"
    period = _period(plan, storm.from_s, storm.to_s)
    result.missed.append((storm.rule, f"{wanted}, {period}: {seen} with {len(inside)} units"))


def _count_raised(result: Score, plan: Plan, keeper: TruthKeeper, violation: Raised) -> None:
    entry = result.rules[violation.kind]
    entry.raised += 1
    stated = any(_hits(one, violation) for one in (*plan.must, *plan.storms))
    forbidden = any(_hits(one, violation) for one in plan.must_not)
    if forbidden or not (stated or is_tolerated(keeper, violation)):
        entry.false += 1
        period = _period(plan, violation.from_s, violation.to_s)
        result.false.append((violation.kind, f"{_who(plan, violation.identity)}, {period}"))


def _hits(stated: Stated, violation: Raised) -> bool:
    same = violation.kind == stated.rule and violation.identity in stated.identities
    return same and overlaps(violation, stated.from_s, stated.to_s)


def _covers(stated: Stated, truth: Truth) -> bool:
    same = truth.kind == stated.rule and truth.identity in stated.identities
    return same and truth.from_s < stated.to_s + EDGE_S and truth.to_s > stated.from_s - EDGE_S


def _told_s(row: dict[str, Any], plan: Plan) -> float:
    return datetime.fromisoformat(row["raised_at"]).timestamp() - plan.fleet.origin_us / 1e6


def _who(plan: Plan, identity: str) -> str:
    unit = next(unit for unit in plan.fleet.units if unit.identity == identity)
    return f"{unit.kind.replace('_', ' ')} {unit.number} ({identity})"


def _period(plan: Plan, from_s: float, to_s: float) -> str:
    hour, minute = plan.scenario.start[-5:].split(":")
    start_min = int(hour) * 60 + int(minute)
    clocks = [divmod(int(start_min + second // 60) % 1_440, 60) for second in (from_s, to_s)]
    return " to ".join(f"{hour:02d}:{minute:02d}" for hour, minute in clocks)
