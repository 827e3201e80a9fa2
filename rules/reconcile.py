"""New findings against stored violations: which is which, what is new, what must be withdrawn.

A finding is the stored violation of the same device and rule whose period it overlaps, so that late
data moves a violation's edges without giving it a new identity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from model.rulebook import Finding
from model.violations import Change, StoredViolation, Window

_Key = tuple[int, int]


def reconcile(
    stored: Sequence[StoredViolation],
    findings: Iterable[Finding],
    windows: Sequence[Window],
    unfounded: Iterable[tuple[int, int, int]] = (),
) -> list[Change]:
    """The changes that make the stored violations what `findings` say.

    `windows` were judged anew: what stands in them and was not found again is withdrawn, as is what
    `unfounded` names by (device, rule, start).
    """
    by_key: dict[_Key, list[StoredViolation]] = defaultdict(list)
    for violation in stored:
        by_key[violation.device_id, violation.rule_id].append(violation)
    matched: set[int] = set()
    changes = list(_match(_latest(findings), by_key, matched))
    for violation in stored:
        if violation.id in matched or violation.finding == "withdrawn":
            continue
        name = (violation.device_id, violation.rule_id, violation.started_us)
        if name in set(unfounded) or any(_refutes(window, violation) for window in windows):
            changes.append(Change(action="withdraw", violation=violation))
    return changes


def _latest(findings: Iterable[Finding]) -> list[Finding]:
    """The last word on each episode, in order of their starts."""
    last = {(f.device_id, f.rule_id, f.started_us): f for f in findings}
    return sorted(last.values(), key=lambda f: f.started_us)


def _match(
    findings: Iterable[Finding], by_key: dict[_Key, list[StoredViolation]], matched: set[int]
) -> Iterator[Change]:
    for finding in findings:
        rivals = [
            violation
            for violation in by_key.get((finding.device_id, finding.rule_id), ())
            if violation.id not in matched and _overlap(finding, violation)
        ]
        if not rivals:
            yield Change(action="raise", finding=finding)
            continue
        best = min(rivals, key=lambda v: _distance(finding, v))
        matched.add(best.id)
        if _differs(finding, best):
            yield Change(action="update", finding=finding, violation=best)


def _overlap(finding: Finding, violation: StoredViolation) -> bool:
    return finding.started_us <= violation.last_us and violation.started_us <= finding.last_us


def _distance(finding: Finding, violation: StoredViolation) -> tuple[bool, int, int]:
    """Standing before withdrawn, then the nearest start, then the older."""
    far_us = abs(finding.started_us - violation.started_us)
    return violation.finding == "withdrawn", far_us, violation.id


def _differs(finding: Finding, violation: StoredViolation) -> bool:
    return violation.finding == "withdrawn" or (
        (finding.started_us, finding.ended_us, finding.last_us)
        != (violation.started_us, violation.ended_us, violation.last_us)
    )


def _refutes(window: Window, violation: StoredViolation) -> bool:
    return (
        violation.device_id == window.device_id
        and violation.last_us > window.after_us
        and violation.started_us <= window.until_us
        and (violation.rule_id, violation.started_us) not in window.undecided
    )
