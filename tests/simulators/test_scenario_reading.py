"""Scenario files: what is wrong is refused with its line and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scenario.form import json_schema
from simulators.scenario.plan import make_plan
from simulators.scenario.reading import (
    ScenarioProblem,
    parse_scenario,
    read_scenario,
    scenario_names,
)

ROOT = Path(__file__).parents[2]
GOOD = """\
about: A truck that breaks nothing at all
start: "2026-03-02 19:00"
hours: 2
fleet: {muck_truck: 2, inspector: 1}
behaviours:
  - unit: muck truck 1
    does: leaves_uncovered
    at: "20:10"
    minutes: 5
faults:
  - {kind: packet_loss, rate: 0.1}
must_not:
  - rule: uncovered_load
    unit: muck truck 2
"""


def refused(text: str) -> str:
    """What is said of a file, its path left out."""
    with pytest.raises(ScenarioProblem) as caught:
        make_plan("a", *parse_scenario(text, Path("a.yaml")))
    said = str(caught.value)
    assert said.startswith("a.yaml:")
    return said.removeprefix("a.yaml:")


def test_the_good_one_is_good() -> None:
    scenario, source = parse_scenario(GOOD, Path("a.yaml"))
    plan = make_plan("a", scenario, source)
    assert len(plan.fleet.units) == 3
    assert plan.vehicle_hours == 6


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "hours: 2",
            "ours: 2",
            "3: ours: Object contains unknown field `ours`; did you mean hours?; ",
        ),
        ("packet_loss, rate", "packet_loss, share", "11: faults[0].share: "),
        ("packet_loss", "pocket_loss", "11: faults[0].kind: "),
        ("rate: 0.1", "rate: 1.5", "11: faults[0].rate: "),
        ("rate: 0.1", "size: 3", "11: faults[0].size: packet_loss has no size; allowed: of "),
        ("packet_loss", "tunnel", "11: faults[0].rate: a share of time needs minutes"),
        ("rule: uncovered_load", "rule: no_such_rule", "13: must_not[0].rule: "),
        ("unit: muck truck 2", "unit: muck truck 3", "14: must_not[0].unit: no unit muck truck 3"),
        ('at: "20:10"', 'at: "25:10"', "8: behaviours[0].at: "),
        ('at: "20:10"', 'at: "22:10"', "8: behaviours[0].at: 22:10 is not in the scenario's time"),
        (
            'leaves_uncovered\n    at: "20:10"',
            'drives_through_centre\n    at: "19:00"',
            "8: behaviours[0].at: muck truck 1 comes to it +",
        ),
        ("unit: muck truck 1", "unit: inspector 1", "6: behaviours[0].unit: inspector 1 cannot"),
        ("hours: 2", "hours: a lot", "3: hours: "),
        ("2026-03-02", "2026-02-30", "2: start: no such day: 2026-02-30 19:00; "),
        ("2026-03-02", "2 March", "2: start: not written as it should be; allowed: string such as"),
        ("leaves_uncovered", "leaves_uncoverd", "7: behaviours[0].does: Invalid enum value 'leav"),
        ("fleet: {muck_truck: 2, inspector: 1}", "fleet: {}", "4: fleet: has no unit"),
        ("hours: 2", "hours: 2\nhours: 3", "3: hours: stands there twice"),
        ("fleet: {", "fleet: [", "4: not YAML"),
        (
            "inspector: 1}",
            "inspector: 1, terminals: [{units: [inspector 1], protocol: osmand, transport: tcp}]}",
            "4: fleet.terminals[0].transport: osmand does not come by tcp; allowed: http",
        ),
        (
            "inspector: 1}",
            "inspector: 1, terminals: [{units: [muck truck 1], protocol: nmea}]}",
            "4: fleet.terminals[0].units[0]: nmea is of inspectors; allowed: inspector",
        ),
        (
            "inspector: 1}",
            "inspector: 1, terminals: [{units: [inspector 2], protocol: nmea}]}",
            "4: fleet.terminals[0].units[0]: no unit inspector 2; allowed: muck truck 1 to 2, insp",
        ),
        (
            "inspector: 1}\nbehaviours:\n  - unit: muck truck 1\n    does: leaves_uncovered",
            "inspector: 1, terminals: [{units: [inspector], protocol: nmea}]}\n"
            "behaviours:\n  - unit: inspector 1\n    does: mocks_position",
            "7: behaviours[0].does: nmea does not tell it; allowed: with handset or osmand",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_is_allowed(
    old: str, new: str, said: str
) -> None:
    assert refused(GOOD.replace(old, new, 1)).startswith(said)


def test_an_unknown_rule_is_told_which_rules_there_are() -> None:
    said = refused(GOOD.replace("rule: uncovered_load", "rule: no_such_rule"))
    assert "uncovered_load" in said.partition("allowed: ")[2]
    assert "inspector_silent" in said.partition("allowed: ")[2]


def test_a_missing_field_is_named() -> None:
    assert "`start`" in refused(GOOD.replace('start: "2026-03-02 19:00"\n', ""))


def test_an_unknown_name_is_told_where_the_names_are() -> None:
    with pytest.raises(ScenarioProblem, match=r"nosuch: no such file.*simulate --list"):
        read_scenario("nosuch")


@given(st.text(max_size=300))
def test_any_other_text_is_refused_with_a_line(text: str) -> None:
    with pytest.raises(ScenarioProblem, match=r"^a\.yaml:\d+: "):
        parse_scenario(text, Path("a.yaml"))


@pytest.mark.parametrize(
    ("fleet", "behaviour", "words"),
    [
        ("garbage_truck: 1", "garbage truck 1, does: turns_home", "only with fleet.routes: true"),
        ("garbage_truck: 1, routes: true", "garbage truck 1, does: skips_stands", "routes: false"),
        ("inspector: 1", "inspector 1, does: signs_off", "only with fleet.roster: true"),
        ("muck_truck: 1, unregistered: 1", "muck truck 1, does: speeds", "fleet.cameras: true"),
        (
            "muck_truck: 1, papers: true, cameras: true, unregistered: 2",
            "muck truck 1, does: speeds",
            "up to the 1 muck trucks",
        ),
    ],
)
def test_what_needs_an_option_of_the_fleet_says_so(fleet: str, behaviour: str, words: str) -> None:
    head = GOOD.split("fleet:", maxsplit=1)[0]
    text = f'{head}fleet: {{{fleet}}}\nbehaviours:\n  - {{unit: {behaviour}, at: "20:00"}}\n'
    assert words in refused(text)


def test_the_published_schema_is_the_one_that_is_used() -> None:
    published = json.loads((ROOT / "docs" / "simulators.schema.json").read_text("utf-8"))
    assert published == json_schema()


def test_the_page_names_every_deed_and_fault() -> None:
    page = (ROOT / "docs" / "simulators.md").read_text("utf-8")
    for part, name in (("Behaviour", "does"), ("Fault", "kind")):
        words = json_schema()["$defs"][part]["properties"][name]["enum"]
        assert [word for word in words if f"`{word}`" not in page] == []


def test_every_scenario_of_the_library_is_readable() -> None:
    assert len(scenario_names()) >= 24
    for name in scenario_names():
        assert len(read_scenario(name)[0].about) < 110, name


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("leaves_uncovered", "leaves_uncoverd", "leaves_uncovered"),
        ("hours: 2", "hour: 2", "hours"),
        ("rule: uncovered_load", "rule: uncoverd_load", "uncovered_load"),
    ],
)
def test_what_was_probably_meant_is_named(old: str, new: str, meant: str) -> None:
    assert f"; did you mean {meant}?; allowed: " in refused(GOOD.replace(old, new, 1))


def test_a_name_that_is_none_names_the_nearest() -> None:
    with pytest.raises(ScenarioProblem, match=r"--list\); did you mean noisy-day\?$"):
        read_scenario("noisyday")
