"""Facts of the rules over plate sightings: what a gate's camera saw against papers and terminal."""

from __future__ import annotations

import math

import numpy as np

from simulators.facts.scene import Facts, Scene, mask_of
from simulators.fleet.habits import Span

UNSURE_S, TOLD_S = 60.0, 60.0
SILENT_S, WITHIN_S = 600.0, 120.0  # of the rules, before and after a sighting
LEAST_CONFIDENCE = 0.9  # of the rules: a plate read with less is not judged
FAR_M = (450.0, 150.0)  # for sure, maybe; the rule's is 300 m and both accuracies
Verdict = tuple[bool, bool]


def unknown_plate(scene: Scene) -> Facts:
    """Of a truck that is in no register: each sighting."""
    return _told(scene, dict.fromkeys(_seen(scene), (True, True)), 0.0)


def no_permit_seen(scene: Scene) -> Facts:
    """No permit in force at the sighting."""
    permits = scene.unit.papers.permits if scene.unit.papers else []

    def verdict(seen_s: float) -> Verdict:
        near = [p for p in permits if p.from_s < seen_s + UNSURE_S and p.to_s > seen_s - UNSURE_S]
        whole = [p for p in near if p.from_s < seen_s - UNSURE_S and p.to_s > seen_s + UNSURE_S]
        return not near, not whole

    return _told(scene, {seen_s: verdict(seen_s) for seen_s in _seen(scene)}, 0.0)


def terminal_silent_seen(scene: Scene) -> Facts:
    """Nothing reported for ten minutes before and after."""

    def verdict(seen_s: float) -> Verdict:
        return _silent(scene, seen_s, SILENT_S + UNSURE_S), _silent(
            scene, seen_s, SILENT_S - UNSURE_S
        )

    return _told(scene, {seen_s: verdict(seen_s) for seen_s in _seen(scene)}, SILENT_S)


def _silent(scene: Scene, seen_s: float, around_s: float) -> bool:
    return any(
        span.from_s <= seen_s - around_s and span.to_s >= seen_s + around_s
        for span in scene.unit.habits.silences
    )


def seen_elsewhere(scene: Scene) -> Facts:
    """The place that the terminal tells stands still far from the gate."""
    found = {seen_s: _elsewhere(scene, seen_s) for seen_s in _seen(scene)}
    return _told(scene, found, WITHIN_S)


def _elsewhere(scene: Scene, seen_s: float) -> Verdict:
    around_s = WITHIN_S + UNSURE_S
    for span in scene.unit.habits.frozen:
        if span.from_s < seen_s + around_s and span.to_s > seen_s - around_s:
            whole = span.from_s < seen_s - around_s and span.to_s > seen_s + around_s
            at = scene.unit.timeline.at(np.array([int(span.from_s), int(seen_s)], np.int64))
            away_m = math.dist(*zip(at.x_m.tolist(), at.y_m.tolist(), strict=True))
            return whole and away_m > FAR_M[0], away_m > FAR_M[1]
    far = any(
        span.from_s < seen_s + around_s and span.to_s > seen_s - around_s
        for span in scene.unit.habits.far_off()
    )
    return False, far


def _seen(scene: Scene) -> list[float]:
    """When it was surely seen, as far as it is told of about now."""
    unit, time_s = scene.unit, scene.at.time_s
    near_s = SILENT_S + 2 * TOLD_S
    return [
        sight.at_s
        for sight in (unit.papers.seen if unit.papers else ())
        if time_s[0] - near_s <= sight.at_s <= time_s[-1]
        and sight.plate == unit.plate
        and sight.confidence >= LEAST_CONFIDENCE
    ]


def _told(scene: Scene, verdicts: dict[float, Verdict], after_s: float) -> Facts:
    """Each for a minute from when the rule's time is over."""
    spans = {seen_s: Span(seen_s + after_s, seen_s + after_s + TOLD_S) for seen_s in verdicts}
    sure = [spans[seen_s] for seen_s, (is_sure, _) in verdicts.items() if is_sure]
    maybe = [spans[seen_s] for seen_s, (_, is_maybe) in verdicts.items() if is_maybe]
    return mask_of(sure, scene.at.time_s), mask_of(maybe, scene.at.time_s)
