"""A rule that raises an error stops itself, that version only, and harms no other."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from model.position import Rows
from model.rulebook import Rule, Rulebook
from model.violations import StoredViolation, Window
from rules.contract import RuleKind
from rules.engine import Engine
from rules.reconcile import reconcile
from rules.registry import kinds_by_name
from rules.state import DeviceState
from tests.rules.test_engine_agrees import BOOK, START_US, drive

CHANGE_US = START_US + 2_000_000_000


def breaking(base: str, method: str, at_call: int = 3) -> RuleKind:
    """A kind that raises at the nth call of a method."""
    kind = kinds_by_name()[base]
    calls = 0
    sound: Callable[..., Any] = getattr(kind, method)

    def raises(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= at_call:
            raise ZeroDivisionError(f"{method} {calls}")
        return sound(*given, **named)

    names = [name for name in dir(kind) if not name.startswith("__")]
    copy: Any = SimpleNamespace(**{name: getattr(kind, name) for name in names})
    setattr(copy, method, raises)
    return copy


def rule(id_: int, kind: str, version: int = 1, from_us: int = 0) -> Rule:
    quick = {"min_duration_s": 20.0, "clear_s": 20.0}
    return Rule(
        id=id_, version=version, organisation_id=1, kind=kind, name_zh=kind, name_en=kind,
        parameters=quick, valid_from_us=from_us,
    )  # fmt: skip


def engine_with(kind: RuleKind, rules: tuple[Rule, ...], **given: Any) -> Engine:
    values = {name: getattr(BOOK, name) for name in Rulebook.__struct_fields__}
    kinds = {**kinds_by_name(), kind.name: kind}
    return Engine(Rulebook(**{**values, "rules": rules}), kinds, **given)


def in_batches(engine: Engine, rows: Rows) -> list[Any]:
    states: dict[int, DeviceState] = {}
    parts = [rows[begin : begin + 40] for begin in range(0, len(rows), 40)]
    return [found for part in parts for found in engine.advance(states, part)]


@pytest.mark.parametrize(
    ("base", "method"),
    [
        ("uncovered_load", "condition"),
        ("driving_too_long", "follow"),
        ("uncovered_load", "sentence"),
    ],
)
def test_the_others_find_what_they_always_find(base: str, method: str) -> None:
    rows = drive(1, 2_000)
    others = (rule(2, "speeding"), rule(3, "route_deviation"))
    expected = in_batches(engine_with(breaking(base, method), others), rows)
    engine = engine_with(breaking(base, method), (rule(1, base), *others))
    found = in_batches(engine, rows)
    assert expected
    assert [f for f in found if f.rule_id != 1] == expected
    assert engine.failing == {(1, 1): f"ZeroDivisionError: {method} 3"}


def test_what_was_under_way_ends_at_its_last_proof() -> None:
    kind = breaking("uncovered_load", "condition", at_call=20)
    found = in_batches(engine_with(kind, (rule(1, kind.name),)), drive(1, 2_000))
    last = {(f.device_id, f.started_us): f for f in found}
    assert last
    assert all(f.ended_us == f.last_us for f in last.values())


def test_the_next_version_is_judged_and_the_failed_one_is_not_tried_again() -> None:
    kind = breaking("uncovered_load", "condition", at_call=1)
    versions = (rule(1, kind.name), rule(1, kind.name, 2, CHANGE_US))
    first = engine_with(kind, versions[:1])
    rows = drive(1, 2_000)
    assert in_batches(first, rows) == []
    sound = kinds_by_name()["uncovered_load"]
    old = (versions[0].__class__(**{**_values(versions[0]), "valid_to_us": CHANGE_US}), versions[1])
    again = engine_with(sound, old, failing=first.failing)
    found = in_batches(again, rows)
    assert found
    assert min(f.started_us for f in found) >= CHANGE_US
    assert again.failing == first.failing


def _values(known: Rule) -> dict[str, Any]:
    return {name: getattr(known, name) for name in Rule.__struct_fields__}


def test_a_failed_version_takes_nothing_back() -> None:
    stored = StoredViolation(
        id=7, device_id=1, rule_id=1, started_us=10, ended_us=20, last_us=20,
        status="open", finding="standing", rule_version=1,
    )  # fmt: skip
    window = Window(device_id=1, after_us=0, until_us=100, undecided=frozenset())
    assert [c.action for c in reconcile([stored], [], [window])] == ["withdraw"]
    assert reconcile([stored], [], [window], failing=frozenset({(1, 1)})) == []
    assert reconcile([stored], [], [window], failing=frozenset({(1, 2)})) != []
