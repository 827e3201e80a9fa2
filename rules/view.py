"""What a rule kind sees: fixes sorted by (device, time) with everything known about them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex, Membership
from model.fences import Fence
from model.position import Rows, rows_at
from model.rulebook import Rulebook
from rules.hauled import Hauls
from rules.roster import Roster

Places = NDArray[np.intp]


@dataclass(slots=True)
class View:
    """`rows` (POSITION_DTYPE) of one or many devices, and beside each row:

    `usable`: the fix may be judged by place (gnss, lbs or wifi, never NONE); `membership`: which
    fences in force at its fix time contain it (accuracy ignored); `kind`: the device's kind.
    A part of a batch's view knows its `whole`, and `place`: its rows' numbers there, rising.
    What several rules ask is computed once, over the whole: `once`. `hauls`: what the trucks haul,
    once `rules.trips` has followed them. `before`: the last located fix of each device of the
    batch before its rows, where that is known. `walk`: see `walked`; `stood`: of such a view the
    one that it differs from, and at which rows.
    """

    rows: Rows
    usable: NDArray[np.bool_]
    index: FenceIndex
    fences: tuple[Fence, ...]
    rulebook: Rulebook
    roster: Roster
    kinds: Mapping[int, str]
    located: Membership | None = None
    hauls: Hauls | None = None
    before: Callable[[], Rows] | None = None
    walk: View | None = None
    stood: tuple[View, Places] | None = None
    whole: View | None = None
    place: Places = field(default_factory=lambda: np.empty(0, np.intp))
    made: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def kind(self) -> NDArray[np.object_]:
        """The unit kind of each row's device (str)."""
        return self.once("kind", _kinds)

    @property
    def membership(self) -> Membership:
        """Pairs (row, fence), sorted; looked up when first asked for."""
        if self.located is None:
            self.located = self._locate()
        return self.located

    @property
    def walked(self) -> View:
        """The same fixes where people on foot are to be believed to be (rules.believed)."""
        if self.walk is None and self.whole is not None and self.whole.walk is not None:
            self.walk = self.whole.walk.part(self.place)
        return self.walk or self

    def once(self, name: Hashable, make: Callable[[View], NDArray[Any]]) -> NDArray[Any]:
        """The column `make(view)`, made once a batch however many rules ask. Do not write into it.

        `make` looks at each row by itself.
        """
        column = self.made.get(name)
        if column is None:
            column = make(self) if self.whole is None else self.whole.once(name, make)[self.place]
            column.flags.writeable = False
            self.made[name] = column
        return column

    def part(self, places: Places) -> View:
        """A view of the rows at these places, which rise."""
        whole = self if self.whole is None else self.whole
        place = places if self.whole is None else self.place[places]
        return View(
            rows=rows_at(whole.rows, place),
            usable=whole.usable[place],
            index=self.index,
            fences=self.fences,
            rulebook=self.rulebook,
            roster=self.roster,
            kinds=self.kinds,
            whole=whole,
            place=place,
        )

    def _locate(self) -> Membership:
        if self.stood is not None:
            return self.index.relocated(self.stood[0].membership, self.rows, self.stood[1])
        if self.whole is None:
            return self.index.locate(self.rows)
        chosen, row = self.own(self.whole.membership.row)
        return Membership(row, self.whole.membership.fence[chosen])

    def own(self, row: Places) -> tuple[Places, Places]:
        """Of sorted row numbers of the whole: which ones are rows of this part, and of what number.

        A device's stretch costs a binary search, other parts a step for each row of the whole.
        """
        place = self.place
        if not len(place):
            return place, place
        first, last = int(place[0]), int(place[-1])
        if last - first + 1 == len(place):
            begin, end = np.searchsorted(row, (first, last + 1)).tolist()
            return np.arange(begin, end), row[begin:end] - first
        assert self.whole is not None
        number = np.full(len(self.whole.rows), -1, np.intp)
        number[place] = np.arange(len(place))
        found = number[row]
        chosen = np.flatnonzero(found >= 0)
        return chosen, found[chosen]


def _kinds(view: View) -> NDArray[np.object_]:
    return np.array([view.kinds.get(id_, "other") for id_ in view.rows["device_id"].tolist()], "O")
