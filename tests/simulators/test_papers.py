"""Papers are issued by what the truck's plan became, and by what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.fleet.habits import Span
from simulators.fleet.papers import Paper, Papers, Run
from simulators.scenario.plan import make_plan
from simulators.scenario.reading import ScenarioProblem, parse_scenario

RUNS = [Run(100, 200, 1_000, at_dump=True), Run(2_000, 2_200, 3_000, at_dump=True)]


def papers(**wrong: list[Span]) -> Papers:
    made = Papers("S1", "D1", "S2", "D2", list(RUNS), **wrong)
    made.issue(4_000)
    return made


def test_an_honest_truck_has_one_permit_and_a_waybill_a_load() -> None:
    made = papers()
    assert made.permits == [Paper("S1", "D1", -3_600, 4_000)]
    assert made.waybills == [Paper("S1", "D1", 100, 1_300), Paper("S1", "D1", 2_000, 3_300)]


def test_a_lost_permit_leaves_a_hole_and_another_dump_a_piece() -> None:
    made = papers(unpermitted=[Span(500, 900)], misdirected=[Span(2_000, 9_000)])
    assert made.permits == [
        Paper("S1", "D1", -3_600, 500),
        Paper("S1", "D1", 900, 2_000),
        Paper("S1", "D2", 2_000, 4_000),
    ]


@pytest.mark.parametrize(("late_s", "issued"), [(300.0, [100.0, 2_500.0]), (900.0, [100.0])])
def test_a_late_waybill_is_that_of_the_next_load(late_s: float, issued: list[float]) -> None:
    """Later than the load is gone, it never comes."""
    made = papers(late=[Span(1_500, 1_500 + late_s)])
    assert [paper.from_s for paper in made.waybills] == issued


def test_an_idle_waybill_is_for_another_site() -> None:
    assert papers(idle=[Span(50, 650)]).waybills[-1] == Paper("S2", "D1", 50, 650)


def test_a_deed_about_papers_needs_papers() -> None:
    text = """\
about: A truck without any papers loses its permit
start: "2026-03-25 08:00"
hours: 2
fleet: {muck_truck: 1}
behaviours:
  - {unit: muck truck 1, does: loses_permit, at: "09:20"}
"""
    with pytest.raises(ScenarioProblem, match=r"x\.yaml:6: .*papers: true"):
        make_plan("x", *parse_scenario(text, Path("x.yaml")))


def test_cameras_see_who_has_papers() -> None:
    text = """\
about: Cameras that see trucks without any papers
start: "2026-03-25 08:00"
hours: 2
fleet: {muck_truck: 1, papers: PAPERS, cameras: true}
"""
    with pytest.raises(ScenarioProblem, match=r"x\.yaml:4: .*papers: true"):
        make_plan("x", *parse_scenario(text.replace("PAPERS", "false"), Path("x.yaml")))
    plan = make_plan("x", *parse_scenario(text.replace("PAPERS", "true"), Path("x.yaml")))
    seen = plan.fleet.units[0].papers
    assert seen is not None
    assert [run.left_s + 15 for run in seen.runs] == [one.at_s for one in seen.seen] != []
