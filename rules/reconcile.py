"""New findings against stored violations: which is which, what is new, what must be withdrawn.

A finding is the stored violation of the same device and rule whose period it overlaps, so that late
data moves a violation's edges without giving it a new identity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from model.rulebook import Finding
from model.violations import Change, StoredViolation, Window

_Key = tuple[int, int, str]
Name = tuple[int, int, int, str]  # device, rule, start, duty


def name_of(found: Finding | StoredViolation) -> Name:
    """What tells findings of one moment apart."""
    return found.device_id, found.rule_id, found.started_us, found.duty


def reconcile(
    stored: Sequence[StoredViolation],
    findings: Iterable[Finding],
    windows: Sequence[Window],
    unfounded: Iterable[Name] = (),
    failing: frozenset[tuple[int, int]] = frozenset(),
) -> list[Change]:
    """The changes that make the stored violations what `findings` say.

    `windows` were judged anew: what stands in them and was not found again is withdrawn, as is what
    `unfounded` names. `failing`: (rule, version) that judge no more, and so take back nothing of
    what they found.
    """
    matched: set[int] = set()
    refuted = set(unfounded)
    changes: list[Change] = []
    for finding, known in matches(_latest(findings), stored):
        if known is None:
            changes.append(Change(action="raise", finding=finding))
            continue
        matched.add(known.id)
        if _differs(finding, known) and not _forgets(finding, known, failing):
            changes.append(Change(action="update", finding=finding, violation=known))
    for violation in stored:
        if violation.id in matched or violation.finding == "withdrawn":
            continue
        if (violation.rule_id, violation.rule_version) in failing:
            continue
        if name_of(violation) in refuted or any(_refutes(w, violation) for w in windows):
            changes.append(Change(action="withdraw", violation=violation))
    return changes


def _latest(findings: Iterable[Finding]) -> list[Finding]:
    """The last word on each episode, in order of their starts."""
    last = {name_of(f): f for f in findings}
    return sorted(last.values(), key=lambda f: f.started_us)


def matches(
    findings: Iterable[Finding], stored: Iterable[StoredViolation]
) -> Iterator[tuple[Finding, StoredViolation | None]]:
    """Each finding with the stored violation that it is: that of its device, rule and duty which it
    overlaps, or None. A violation is matched once."""
    by_key: dict[_Key, list[StoredViolation]] = defaultdict(list)
    for violation in stored:
        by_key[violation.device_id, violation.rule_id, violation.duty].append(violation)
    for finding in findings:
        known = by_key.get((finding.device_id, finding.rule_id, finding.duty), [])
        rivals = [violation for violation in known if _overlap(finding, violation)]
        best = min(rivals, key=lambda v: _distance(finding, v), default=None)
        if best is not None:
            known.remove(best)
        yield finding, best


def _overlap(finding: Finding, violation: StoredViolation) -> bool:
    return finding.started_us <= violation.last_us and violation.started_us <= finding.last_us


def _distance(finding: Finding, violation: StoredViolation) -> tuple[bool, int, int]:
    """Standing before withdrawn, then the nearest start, then the older."""
    far_us = abs(finding.started_us - violation.started_us)
    return violation.finding == "withdrawn", far_us, violation.id


def _differs(finding: Finding, violation: StoredViolation) -> bool:
    if finding.duty and finding.measures != violation.measures:
        return True
    return violation.finding == "withdrawn" or (
        (finding.started_us, finding.ended_us, finding.last_us)
        != (violation.started_us, violation.ended_us, violation.last_us)
    )


def _forgets(
    finding: Finding, violation: StoredViolation, failing: frozenset[tuple[int, int]]
) -> bool:
    """A version that failed meanwhile, replayed, would end its violation earlier than it did."""
    failed = (finding.rule_id, finding.rule_version) in failing
    return failed and violation.ended_us is not None and finding.last_us < violation.last_us


def _refutes(window: Window, violation: StoredViolation) -> bool:
    return (
        violation.device_id == window.device_id
        and violation.last_us > window.after_us
        and violation.started_us <= window.until_us
        and (violation.rule_id, violation.started_us) not in window.undecided
    )
