"""What a rule kind is: a pure function from a view of fixes to a tri-state column.

A kind says, fix by fix, whether its condition holds; `rules.episodes` turns that column into
episodes (minimum duration, gaps, hysteresis, cool-down) for all kinds alike, and `rules.engine`
turns episodes into findings. One kind a file; the module registers itself with `register`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, runtime_checkable
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.view import View

# Values of a condition column. HOLD: inside the hysteresis band, as the last decided value.
UNKNOWN, NO, YES, HOLD = -1, 0, 1, 2
Family = Literal["route", "hours", "dust", "patrol", "conduct"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A threshold: unit, default, allowed range and where the number comes from."""

    name: str
    unit: str
    default: float
    minimum: float
    maximum: float
    zh: str
    en: str
    basis: str


@dataclass(slots=True)
class Column:
    """A condition over the rows of a view (all arrays have their length).

    `measure`: the number that the finding's words quote (speed, distance), NaN where there is none.
    `fence`: index into `view.fences`, -1 where none. `reason`: why a row is UNKNOWN, by code;
    `reasons`: the same row by row, where a kind knows several.
    """

    value: NDArray[np.int8]
    measure: NDArray[np.float64]
    fence: NDArray[np.int32]
    reason: str = "signal_unknown"
    reasons: NDArray[np.object_] | None = None


class RuleKind(Interface):
    """One kind of rule. `vehicle_kinds`: whom it can judge at all.

    Every kind has the episode parameters too (`rules.episodes.EPISODE_PARAMETERS`) with its own
    defaults in `episode_defaults` (by parameter name).
    `absence`: the condition is silence: the engine judges gaps between fixes and ticks instead.
    """

    name: str
    family: Family
    zh: str
    en: str
    measure_name: str  # e.g. max_speed_kmh; the episode keeps the peak under this name
    vehicle_kinds: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    episode_defaults: dict[str, float]
    absence: bool

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column: ...

    def sentence(self, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
        """What happened, in words: "loaded, cover open, up to 41 km/h for 6 min 20 s"."""


@runtime_checkable
class AbsenceKind(Interface):
    """A RuleKind whose `absence` is true may say who owes reports; without it, `shifts`.

    `shifts`: whoever is on duty by the roster. `working`: whoever was at work when last heard:
    ignition on, or faster than the parameter `moving_kmh`.
    """

    duty: Literal["shifts", "working"]


Memory = dict[str, Any]
Note = tuple[Any, ...] | None


@runtime_checkable
class FollowingKind(Interface):
    """A kind whose condition depends on what came before: it follows one device's fixes.

    Such a kind is a RuleKind, too, whose `condition` is all NO (see `rules.following`).
    """

    def follow(
        self, view: View, places: slice, memory: Memory, rule: Rule, parameters: dict[str, float]
    ) -> Column:
        """The condition over `view.rows[places]`, newer fixes of one device in order.

        `memory` is the device's for this rule (empty at first), changed in place: small, of plain
        values by str, the same for the same fixes however they are cut into calls; leave it empty
        when a later fix would not need it. It is part of the snapshots.
        """


@runtime_checkable
class PassingKind(Interface):
    """A FollowingKind with a short way, because most fixes change next to nothing in a memory.

    It gives what `follow` would give; only fixes that it does not take are followed.
    """

    def notes(
        self, view: View, memories: Sequence[Memory], rule: Rule, parameters: dict[str, float]
    ) -> Sequence[Note]:
        """What `passes` is told of each of the view's fixes, of many devices, read in columns.

        None: the fix is to be followed. `memories`: beside each fix its device's before the view.
        """

    def passes(self, memory: Memory, note: tuple[Any, ...], parameters: dict[str, float]) -> bool:
        """Take a fix at which the condition is plainly no; False: the memory is as it was."""
