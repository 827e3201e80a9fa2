"""Facts of the rules over papers: permits and waybills against the truck's runs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simulators.facts.scene import Facts, Mask, Scene, mask_of
from simulators.fleet.habits import Span
from simulators.fleet.papers import Paper, Papers, Run

GRACE_S = 600.0  # of permits that end and of waybills that come late
UNSURE_S = 90.0  # so much later or earlier a server may see a truck load, leave or unload
TOLD_S = 60.0
AWAY_M = 250.0


def no_permit(scene: Scene) -> Facts:
    """Loaded, away from its site, and no permit in force, nor lately."""
    papers, loaded = scene.unit.papers, scene.says("loaded")
    if papers is None or not loaded.any():
        return scene.none(), scene.none()
    away = scene.away_m(("site",)) > AWAY_M
    return (
        loaded & away & ~_in_force(scene, papers.permits, UNSURE_S),
        loaded & ~_in_force(scene, papers.permits, -UNSURE_S),
    )


def _in_force(scene: Scene, permits: Iterable[Paper], longer_s: float) -> Mask:
    """Where a permit or its grace lasts, each a little longer at both ends."""
    spans = [Span(p.from_s - longer_s, p.to_s + GRACE_S + longer_s) for p in permits]
    return mask_of(spans, scene.at.time_s)


def no_waybill(scene: Scene) -> Facts:
    """On a run whose waybill came later than in its grace, or never."""
    papers = scene.unit.papers
    if papers is None:
        return scene.none(), scene.none()
    sure, maybe = [], []
    for run in papers.runs:
        late_s = _late_s(papers, run)
        due_s = run.left_s + GRACE_S
        if late_s > GRACE_S + UNSURE_S:
            sure.append(Span(due_s + UNSURE_S, run.unloaded_s))
        if late_s > GRACE_S - UNSURE_S:
            maybe.append(Span(due_s - UNSURE_S, run.unloaded_s + UNSURE_S))
    return mask_of(sure, scene.at.time_s), mask_of(maybe, scene.at.time_s)


def _late_s(papers: Papers, run: Run) -> float:
    """How long after a run left its waybill was issued."""
    own = [
        paper.from_s - run.left_s
        for paper in papers.waybills
        if paper.site == papers.site and paper.from_s < run.unloaded_s and paper.to_s > run.left_s
    ]
    return min(own, default=np.inf)


def off_permit_dump(scene: Scene) -> Facts:
    """Unloaded in its dump, and the permit with which it left names the other one."""
    papers = scene.unit.papers
    if papers is None:
        return scene.none(), scene.none()
    sure, maybe = [], []
    for run in papers.runs:
        named = {
            paper.dump
            for paper in papers.permits
            if paper.from_s < run.left_s + 2 * UNSURE_S and paper.to_s > run.left_s - UNSURE_S
        }
        if run.at_dump and papers.other_dump in named:
            told = Span(run.unloaded_s, run.unloaded_s + TOLD_S)
            maybe.append(Span(told.from_s - UNSURE_S, told.to_s + UNSURE_S))
            sure += [told] if named == {papers.other_dump} else []
    return mask_of(sure, scene.at.time_s), mask_of(maybe, scene.at.time_s)


def waybill_unmatched(scene: Scene) -> Facts:
    """At a waybill's end: no run of the truck left its site in time."""
    papers = scene.unit.papers
    if papers is None:
        return scene.none(), scene.none()
    sure, maybe = [], []
    for paper in papers.waybills:
        told = Span(paper.to_s, paper.to_s + TOLD_S)
        sure += [told] if not _ran(papers, paper, UNSURE_S) else []
        maybe += [told] if not _ran(papers, paper, -UNSURE_S) else []
    return mask_of(sure, scene.at.time_s), mask_of(maybe, scene.at.time_s)


def _ran(papers: Papers, waybill: Paper, longer_s: float) -> bool:
    """Whether a run from the waybill's site left in its time, taken a little longer."""
    from_s, to_s = waybill.from_s - GRACE_S - longer_s, waybill.to_s + longer_s
    own = papers.runs if waybill.site == papers.site else ()
    return any(from_s <= run.left_s < to_s and run.unloaded_s > waybill.from_s for run in own)
