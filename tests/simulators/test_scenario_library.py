"""The library's plans do what their files promise, by the derived truth alone."""

from __future__ import annotations

import pytest

from rules.registry import kinds_by_name
from simulators.facts import CRITERIA
from simulators.rulings import RULINGS
from simulators.scenario.form import json_schema
from simulators.scenario.plan import Plan
from simulators.scenario.reading import read_scenario, scenario_names
from simulators.scenario.score import expectations, score
from simulators.truth import Truth, TruthKeeper
from tests.simulators.in_process import judged

SMALL = [name for name in scenario_names() if name != "noisy-day"]
THEMES = {
    "uncovered": "uncovered_load",
    "route": "route_deviation",
    "hours": "operating_hours",
    "spraying": "not_spraying",
    "off-grid": "inspector_off_grid",
    "silent": "inspector_silent",
}


def played(name: str) -> tuple[Plan, TruthKeeper]:
    return judged(name)[:2]


def cases(kind: str) -> dict[str, list[str]]:
    """Scenarios of a kind: who breaks it, who nearly does, who is innocent."""
    found: dict[str, list[str]] = {"breaking": [], "nearly": [], "innocent": []}
    for name in SMALL:
        scenario, _ = read_scenario(name)
        busy = {one.unit for one in scenario.behaviours}
        beset = busy | {unit for one in scenario.faults for unit in one.units}
        found["breaking"] += [name for one in scenario.must if one.rule == kind]
        spared = [one.unit for one in scenario.must_not if one.rule == kind]
        found["nearly"] += [name for unit in spared if unit in beset or (busy and unit == "all")]
        found["innocent"] += [name for unit in spared if unit not in busy]
    return found


@pytest.mark.parametrize("kind", sorted(kinds_by_name()))
def test_every_registered_rule_has_a_breaking_a_nearly_breaking_and_an_innocent_case(
    kind: str,
) -> None:
    assert kind in CRITERIA
    assert kind in RULINGS
    assert all(cases(kind).values()), cases(kind)


def test_the_library_is_large_and_names_every_rule_that_has_a_truth() -> None:
    assert len(scenario_names()) >= 40
    assert set(json_schema()["$defs"]["Expected"]["properties"]["rule"]["enum"]) == set(CRITERIA)
    assert set(kinds_by_name()) == set(CRITERIA)


@pytest.mark.parametrize("name", SMALL)
def test_the_engine_raises_what_must_come_and_nothing_else(name: str) -> None:
    """The same truth grades a whole server in tests/xunji/test_scenarios.py."""
    result = judged(name)[2]
    assert (result.missed, result.false) == ([], [])


@pytest.mark.parametrize("theme", THEMES)
def test_every_rule_has_its_four_variants(theme: str) -> None:
    assert {f"{theme}-{v}" for v in ("breaking", "nearly", "innocent", "late")} <= set(SMALL)


@pytest.mark.parametrize("theme", THEMES)
def test_the_breaking_one_breaks_exactly_its_rule(theme: str) -> None:
    _, keeper = played(f"{theme}-breaking")
    assert {truth.kind for truth in keeper.truths()} == {THEMES[theme]}
    limit = CRITERIA[THEMES[theme]]
    assert all(truth.margin >= limit.sure_s / limit.threshold_s for truth in keeper.truths())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("variant", ["nearly", "innocent"])
def test_the_nearly_breaking_and_the_innocent_break_nothing(theme: str, variant: str) -> None:
    plan, keeper = played(f"{theme}-{variant}")
    assert keeper.truths() == []
    assert any(one.rule == THEMES[theme] for one in plan.must_not)


@pytest.mark.parametrize("name", SMALL)
def test_what_must_come_can_come_and_what_must_not_does_not(name: str) -> None:
    plan, keeper = played(name)
    for stated in plan.must:
        spans = [
            span
            for identity in stated.identities
            for span in keeper.tolerated(identity, stated.rule)
        ]
        assert any(a < stated.to_s and b > stated.from_s for a, b in spans)
    for stated in plan.must_not:
        own = [
            t for t in keeper.truths() if t.kind == stated.rule and t.identity in stated.identities
        ]
        assert not [t for t in own if t.from_s < stated.to_s and t.to_s > stated.from_s]


def test_every_fault_is_used() -> None:
    used = {fault.kind for name in scenario_names() for fault in read_scenario(name)[0].faults}
    assert used == set(json_schema()["$defs"]["Fault"]["properties"]["kind"]["enum"])


def test_the_noisy_day_has_every_fault_and_300_vehicles() -> None:
    scenario, _ = read_scenario("noisy-day")
    form = scenario.fleet
    trucks = form.muck_truck + form.sweeper + form.water_truck + form.mixer + form.garbage_truck
    assert (trucks, scenario.hours) == (300, 24)
    kinds = json_schema()["$defs"]["Fault"]["properties"]["kind"]["enum"]
    # Cameras look at trucks with papers, and the usual mix of roles has none.
    assert {fault.kind for fault in scenario.faults} == set(kinds) - {"misread_plates"}


def row(plan: Plan, number: int, truth: Truth) -> dict[str, object]:
    """A violation as the API shows it."""
    from datetime import UTC, datetime

    def iso(second: float) -> str:
        return datetime.fromtimestamp(plan.fleet.origin_us / 1e6 + second, UTC).isoformat()

    return {
        "id": number,
        "device": {"id": number},
        "rule": {"kind": truth.kind},
        "finding": "standing",
        "started_at": iso(truth.from_s + 5),
        "ended_at": iso(truth.to_s),
        "raised_at": iso(truth.from_s + CRITERIA[truth.kind].threshold_s + 20),
    }


def test_a_perfect_server_passes_with_its_delay() -> None:
    plan, keeper = played("busy-evening")
    truths = expectations(plan, keeper.truths())
    assert len(truths) == 6
    rows = [row(plan, number, truth) for number, truth in enumerate(truths)]
    identities = {number: truth.identity for number, truth in enumerate(truths)}
    result = score(plan, keeper, rows, identities, plan.end_s)
    assert result.passed
    total = result.total().summary()
    assert (total["expected"], total["matched"], total["precision"], total["recall"]) == (
        6,
        6,
        1,
        1,
    )
    assert total["delay_p99_s"] == pytest.approx(20)


def test_a_silent_server_misses_all_and_a_wild_one_is_false() -> None:
    plan, keeper = played("busy-evening")
    silent = score(plan, keeper, [], {}, plan.end_s)
    assert silent.total().summary()["missed"] == 6
    assert not silent.passed
    victim = next(unit for unit in plan.fleet.units if unit.name.endswith("04"))
    wrong = Truth("uncovered_load", victim.identity, 5_000, 5_400, 1.5)
    wild = score(plan, keeper, [row(plan, 1, wrong)], {1: victim.identity}, plan.end_s)
    assert wild.total().false == 1
    assert "muck truck 4" in wild.false[0][1]


@pytest.mark.parametrize(
    ("storm_ids", "missed"),
    [
        ([1] * 8 + [None], 0),
        ([None] * 9, 1),
        ([1] * 7 + [None] * 2, 1),
        ([1] * 4 + [2] * 4 + [None], 1),
        ([1] * 9, 1),
        ([1] * 7, 1),
    ],
    ids=["one", "none", "one is left out", "two", "the ninth is in it", "one is not told of"],
)
def test_a_storm_is_one_of_all_its_units_and_of_nobody_else(
    storm_ids: list[int | None], missed: int
) -> None:
    plan, keeper = played("gnss-storm")
    [stated] = plan.storms
    [alone] = expectations(plan, keeper.truths())
    who = [*sorted(stated.identities), alone.identity]
    lost = [
        Truth("gnss_lost", identity, stated.from_s + 400, stated.to_s - 400, 9.0)
        for identity in who[:8]
    ]
    rows = [
        {**row(plan, number, truth), "inhibited_by": storm_id}
        for number, (truth, storm_id) in enumerate(zip([*lost, alone], storm_ids, strict=False))
    ]
    result = score(plan, keeper, rows, dict(enumerate(who)), plan.end_s)
    assert len([what for _, what in result.missed if "one storm of 8 units" in what]) == missed


def test_must_not_is_stronger_than_what_the_plan_tolerates() -> None:
    plan, keeper = played("silent-late")
    victim = plan.fleet.units[1]
    [(from_s, to_s)] = keeper.tolerated(victim.identity, "inspector_silent")
    told = Truth("inspector_silent", victim.identity, from_s, to_s, 1.5)
    result = score(plan, keeper, [row(plan, 1, told)], {1: victim.identity}, plan.end_s)
    assert result.total().false == 1
