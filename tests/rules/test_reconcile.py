"""Late data keeps identities, withdraws what it refutes, and spares what it knows nothing of."""

from __future__ import annotations

from typing import Any

from model.rulebook import Finding
from model.violations import StoredViolation, Window
from rules.reconcile import reconcile


def finding(started: int, ended: int | None, last: int | None = None, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "device_id": 1, "organisation_id": 1, "rule_id": 1, "rule_version": 1, "kind": "k",
        "severity": "warning", "longitude_e6": 0, "latitude_e6": 0,
    }  # fmt: skip
    return Finding(
        **{**values, **more},
        started_us=started,
        ended_us=ended,
        last_us=last or ended or started,
    )


def stored(id_: int, started: int, ended: int | None, **more: Any) -> StoredViolation:
    values: dict[str, Any] = {
        "device_id": 1, "rule_id": 1, "status": "open", "finding": "standing",
        "last_us": ended or started,
    }  # fmt: skip
    return StoredViolation(**{**values, **more}, id=id_, started_us=started, ended_us=ended)


def window(after: int, until: int, *undecided: tuple[int, int]) -> Window:
    return Window(device_id=1, after_us=after, until_us=until, undecided=frozenset(undecided))


def actions(*args: Any) -> list[tuple[str, int | None]]:
    return [(c.action, c.violation.id if c.violation else None) for c in reconcile(*args)]


def test_new_is_raised_and_the_last_word_counts() -> None:
    changes = reconcile([], [finding(10, None, 20), finding(10, 30)], [])
    assert [(c.action, c.finding.ended_us) for c in changes if c.finding] == [("raise", 30)]


def test_overlap_keeps_the_identity() -> None:
    assert actions([stored(7, 100, 200)], [finding(90, 210)], [window(0, 500)]) == [("update", 7)]


def test_the_same_again_changes_nothing() -> None:
    assert actions([stored(7, 100, 200)], [finding(100, 200)], [window(0, 500)]) == []


def test_not_found_again_is_withdrawn_only_inside_the_window() -> None:
    rows = [stored(1, 10, 20), stored(2, 100, 200), stored(3, 600, 700)]
    assert actions(rows, [], [window(50, 500)]) == [("withdraw", 2)]


def test_undecided_is_spared() -> None:
    rows = [stored(1, 400, None, last_us=900)]
    assert actions(rows, [], [window(50, 500, (1, 400))]) == []


def test_a_split_keeps_one_and_raises_one() -> None:
    found = [finding(100, 140), finding(160, 200)]
    assert actions([stored(7, 100, 200)], found, [window(0, 500)]) == [
        ("update", 7),
        ("raise", None),
    ]


def test_a_merge_keeps_the_first_and_withdraws_the_other() -> None:
    rows = [stored(7, 100, 140), stored(8, 160, 200)]
    assert actions(rows, [finding(100, 200)], [window(0, 500)]) == [
        ("update", 7),
        ("withdraw", 8),
    ]


def test_withdrawn_comes_back() -> None:
    row = stored(7, 100, 200, finding="withdrawn")
    assert actions([row], [finding(100, 200)], [window(0, 500)]) == [("update", 7)]
    assert actions([row], [], [window(0, 500)]) == []


def test_other_rules_and_devices_are_others() -> None:
    rows = [stored(7, 100, 200, rule_id=2), stored(8, 100, 200, device_id=2)]
    assert actions(rows, [finding(100, 200)], []) == [("raise", None)]


def test_unfounded_names_are_withdrawn() -> None:
    assert actions([stored(7, 100, None)], [], [], [(1, 1, 100, "")]) == [("withdraw", 7)]
