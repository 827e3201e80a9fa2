"""What really happened, by the plan alone: the ground truth that grades a server.

For each rule kind the plan is read on a 5 s grid, without noise, against two thresholds: `sure` is
beyond the rule's by a margin that noise cannot eat, `maybe` is short of it (`simulators.facts`). A
run of sure moments that lasts long enough must be raised; a violation that meets no run of maybe
moments is false. What lies between is neither demanded nor blamed. Nothing here looks at the
server's results.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.facts import CRITERIA, Criterion
from simulators.facts.criteria import criteria_of
from simulators.facts.scene import GRID_S, Facts, Mask, Scene, mask_of
from simulators.fleet.fleet import Fleet
from simulators.fleet.habits import Span
from simulators.fleet.unit import Unit


@dataclass(frozen=True, slots=True)
class Truth:
    """A period in seconds of the plan; `margin`: its length over the rule's threshold."""

    kind: str
    identity: str
    from_s: float
    to_s: float
    margin: float


@dataclass(slots=True)
class _Runs:
    """Runs of true moments, grown chunk by chunk; a gap of `gap_s` does not end a run."""

    gap_s: float
    spans: list[list[float]] = field(default_factory=list)

    def add(self, times: NDArray[np.int64], mask: Mask) -> None:
        if not mask.any():
            return
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            from_s, to_s = float(times[start]), float(times[end - 1]) + GRID_S
            if self.spans and from_s - self.spans[-1][1] <= self.gap_s:
                self.spans[-1][1] = to_s
            else:
                self.spans.append([from_s, to_s])


@dataclass(slots=True)
class Hidden:
    """What faults take from the server, in seconds of the plan; by identity, or with the signal.

    `blind`: no position; `elsewhere`: a wrong one; `dead`: a signal says nothing; `wrong`: the
    opposite. `slack_s`: by how much longer than usual a truth must last, for reports are lost.
    """

    blind: dict[str, list[Span]] = field(default_factory=dict)
    elsewhere: dict[str, list[Span]] = field(default_factory=dict)
    dead: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    wrong: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    slack_s: float = 0.0


class TruthKeeper:
    """Reads the plan as time goes on, from `from_s`; `until_s` is how far it has read."""

    def __init__(self, fleet: Fleet, from_s: int = 0, hidden: Hidden | None = None) -> None:
        self._fleet = fleet
        self._hidden = hidden or Hidden()
        self.from_s = self.until_s = from_s
        self._sure: dict[tuple[str, str], _Runs] = {}
        self._maybe: dict[tuple[str, str], _Runs] = {}
        self._memory: dict[tuple[str, str], dict[str, Any]] = {}

    def extend(self, until_s: int) -> None:
        """Read the plan up to `until_s`; in large steps it costs less."""
        times = np.arange(self.until_s, until_s, GRID_S, dtype=np.int64)
        if not len(times):
            return
        self.until_s = int(times[-1]) + GRID_S
        for unit in self._fleet.units:
            for key, gap_s, (sure, maybe) in self._facts(unit, times):
                self._sure.setdefault(key, _Runs(0)).add(times, sure)
                self._maybe.setdefault(key, _Runs(gap_s)).add(times, maybe)

    def _facts(
        self, unit: Unit, times: NDArray[np.int64]
    ) -> Iterator[tuple[tuple[str, str], float, Facts]]:
        moments = unit.timeline.at(times)  # writes the plan, and with it the habits
        habits, hidden, who = unit.habits, self._hidden, unit.identity
        blind = mask_of([*habits.blind, *hidden.blind.get(who, ())], times)
        elsewhere = mask_of([*habits.elsewhere(), *hidden.elsewhere.get(who, ())], times)
        scene = Scene(self._fleet.city, unit, moments, blind, elsewhere)
        for kind, criterion in criteria_of(unit):
            scene.memory = self._memory.setdefault((who, kind), {})
            yield (who, kind), criterion.gap_s, self._told(scene, criterion)

    def _told(self, scene: Scene, criterion: Criterion) -> Facts:
        """What of the facts the server can know, and what it may be wrong about."""
        sure, maybe = criterion.test(scene)
        times, who = scene.at.time_s, scene.unit.identity
        if criterion.needs != "silence":
            sure = sure & ~scene.silent
        if criterion.needs in ("place", "fix"):
            sure = sure & ~scene.blind
        if criterion.needs == "place":
            sure, maybe = sure & ~scene.elsewhere, maybe | scene.elsewhere
        for signal in criterion.signals:
            sure = sure & ~mask_of(self._hidden.dead.get((who, signal), ()), times)
            maybe = maybe | mask_of(self._hidden.wrong.get((who, signal), ()), times)
        return sure, maybe

    def truths(self) -> list[Truth]:
        """What must be raised, by time: one truth an episode, however red lights cut it."""
        found = []
        for (identity, kind), runs in self._sure.items():
            limits = CRITERIA[kind]
            sure_s = limits.sure_s + (0.0 if limits.event else self._hidden.slack_s)
            long = [span for span in runs.spans if span[1] - span[0] >= sure_s]
            for start, end in self._maybe[identity, kind].spans:
                parts = [span for span in long if span[0] >= start and span[1] <= end]
                if parts:
                    longest_s = max(span[1] - span[0] for span in parts)
                    margin = longest_s / limits.threshold_s
                    found.append(Truth(kind, identity, parts[0][0], parts[-1][1], margin))
        return sorted(found, key=lambda truth: (truth.from_s, truth.identity, truth.kind))

    def tolerated(self, identity: str, kind: str) -> list[tuple[float, float]]:
        """Periods in which a violation of this kind is no false alarm."""
        runs = self._maybe.get((identity, kind))
        spans = runs.spans if runs else []
        return [(a, b) for a, b in spans if b - a >= CRITERIA[kind].maybe_s]
