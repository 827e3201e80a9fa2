"""A muck truck's permits and waybills: what its runs need, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from simulators.fleet.habits import Span

BEFORE_S = 3_600.0  # permits are in force so long before the plan begins
TO_GATE_S = 15.0  # from the wash bay to the camera at the gate
KEPT_S = 300.0  # a waybill ends so long after its load is gone


@dataclass(frozen=True, slots=True)
class Run:
    """A loaded run: full, out of the wash bay, empty again; `at_dump`: in its dump."""

    loaded_s: float
    left_s: float
    unloaded_s: float
    at_dump: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """What a camera made of the truck: when, the plate as it was read, and how surely (0 to 1)."""

    at_s: float
    plate: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Paper:
    """A permit or a waybill of a truck, from a site to a dump, in [from_s, to_s) of the plan."""

    site: str
    dump: str
    from_s: float
    to_s: float


@dataclass(slots=True)
class Papers:
    """What a truck has. `runs` grow as its plan is written, the papers are issued when it is.

    `unpermitted`: without a permit. `misdirected`: its permit names the other dump. `late`: the
    waybill of the first run from then on is issued so long after the truck has left. `idle`: it
    has a waybill for the other site as well, where it never loads. `seen`: by the camera at its
    site's gate.
    """

    site: str
    dump: str
    other_site: str
    other_dump: str
    runs: list[Run]
    unpermitted: list[Span] = field(default_factory=list)
    misdirected: list[Span] = field(default_factory=list)
    late: list[Span] = field(default_factory=list)
    idle: list[Span] = field(default_factory=list)
    permits: list[Paper] = field(default_factory=list)
    waybills: list[Paper] = field(default_factory=list)
    seen: list[Sight] = field(default_factory=list)

    def issue(self, to_s: float) -> None:
        """Write the papers of the plan up to a second that it has reached."""
        edges = {-BEFORE_S, to_s}
        for span in (*self.unpermitted, *self.misdirected):
            edges |= {span.from_s, min(span.to_s, to_s)}
        ordered = sorted(edges)
        for start_s, end_s in pairwise(ordered):
            if _holds(self.unpermitted, start_s):
                continue
            dump = self.other_dump if _holds(self.misdirected, start_s) else self.dump
            self.permits.append(Paper(self.site, dump, start_s, end_s))
        begun = [run for run in self.runs if run.loaded_s < to_s]
        self.waybills += [paper for run in begun for paper in self._waybill(run)]
        self.waybills += [Paper(self.other_site, self.dump, s.from_s, s.to_s) for s in self.idle]

    def _waybill(self, run: Run) -> list[Paper]:
        """The waybill of a run; none where it would come after the run."""
        issued_s = run.loaded_s
        for span in self.late:
            first = next((one for one in self.runs if one.loaded_s >= span.from_s), None)
            if run is first:
                issued_s = run.left_s + span.to_s - span.from_s
        if issued_s >= run.unloaded_s:
            return []
        return [Paper(self.site, self.dump, issued_s, run.unloaded_s + KEPT_S)]


def _holds(spans: list[Span], second: float) -> bool:
    return any(span.from_s <= second < span.to_s for span in spans)
