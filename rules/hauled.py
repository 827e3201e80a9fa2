"""What trucks haul, in columns beside the rows of a view; `rules.trips` fills them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.trips import Sign

# What told an end of a trip, by number in the memory; 0: nothing yet.
LOAD, BODY, STOP, UNSEEN = 1, 2, 3, 4
SIGNS: dict[int, Sign] = {LOAD: "load", BODY: "body", STOP: "stop", UNSEEN: "unseen"}


class Fix(NamedTuple):
    """What one fix says. `site`, `dump`: ids of the fences around or near it, 0 none; `near_*`
    count only where a stand begins. `load`, `raised`, `standing`: yes, no, unknown."""

    time_us: int
    longitude_e6: int
    latitude_e6: int
    usable: bool
    standing: int
    load: int
    raised: int
    site: int
    dump: int
    near_site: int
    near_dump: int


class Closed(NamedTuple):
    """A trip that is over, as the memory knew it; 0 none; signs by number."""

    site: int
    dump: int
    loaded_us: int
    left_us: int
    arrived_us: int
    unloaded_us: int
    distance_m: int
    loaded_by: int
    unloaded_by: int

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The ends that were seen, but in no known place."""
        ends = (("loading", self.site, self.loaded_by), ("unloading", self.dump, self.unloaded_by))
        return tuple(name for name, fence, sign in ends if not fence and sign != UNSEEN)


@dataclass(slots=True)
class Hauls:
    """Beside each row of a view; fences by id, 0 none.

    `hauling`: loaded and away from where it was loaded, tri-state. `site`, `left_us`: of the loaded
    run under way, or of the trip that the row closes. `closed`: those trips by row.
    """

    hauling: NDArray[np.int8]
    site: NDArray[np.int64]
    left_us: NDArray[np.int64]
    closed: dict[int, Closed]

    def put(self, rows: NDArray[np.intp], said: Sequence[tuple[int, int, int]]) -> None:
        """`hauling`, `site` and `left_us` of these rows; what a row closes goes before them."""
        self.hauling[rows], self.site[rows], self.left_us[rows] = zip(*said, strict=True)
        for row, closed in self.closed.items():
            self.site[row], self.left_us[row] = closed.site, closed.left_us

    def part(self, rows: NDArray[np.intp]) -> Hauls:
        """Of some rows, by their places."""
        known = self.closed
        closed = {}
        if known:
            closed = {i: known[row] for i, row in enumerate(rows.tolist()) if row in known}
        return Hauls(self.hauling[rows], self.site[rows], self.left_us[rows], closed)
