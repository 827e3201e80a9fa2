"""What a duty with a due time is: many violations are known only when a time has passed.

A point that was not served, a route that was not finished: a kind names its duties, says what the
fixes of [from, due] tell about them, and gives a verdict at the due time. `rules.duties` runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, runtime_checkable
from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from geofence.index import FenceIndex
from model.rulebook import Rule, Rulebook
from rules.clauses import Said
from rules.contract import Column, Memory, Parameter
from rules.following import blank_column
from rules.plan import Version
from rules.roster import Roster
from rules.view import View

KNOWN_SHARE = Parameter(
    "min_known_share", "0-1", 0.8, 0.05, 1,
    "窗口内有效定位覆盖的时间低于此比例时不作判断",
    "a window of which less was heard than this share is not judged",
    "our default: four fifths, so that what nobody saw hardly changes the verdict",
)  # fmt: skip
DUTY_DEFAULTS = {"max_gap_s": 300.0}  # the one episode parameter that means something to a duty


@dataclass(frozen=True, slots=True)
class Ground:
    """What duties stand on: rulebook, rosters and fences of one revision."""

    rulebook: Rulebook
    roster: Roster
    index: FenceIndex


@dataclass(frozen=True, slots=True)
class Duty:
    """What a device owes in [from_us, due_us].

    `key` names it among the duties of its device and rule, the same whenever it is asked, without
    regard to other duties. `fence`: place in `rulebook.fences`, -1 none; `about`: the kind's own.
    """

    device_id: int
    key: str
    from_us: int
    due_us: int
    fence: int = -1
    about: Any = None


@dataclass(frozen=True, slots=True)
class Watched:
    """Pairs (row, duty): duties[duty[i]] is under way at view.rows[row[i]]; by duty, then row."""

    row: NDArray[np.intp]
    duty: NDArray[np.intp]
    duties: Sequence[Duty]

    def fence(self) -> NDArray[np.int32]:
        """The place of each pair's fence, -1 where its duty has none."""
        return np.array([duty.fence for duty in self.duties], np.int32)[self.duty]


@dataclass(slots=True)
class Seen:
    """What fixes tell, a pair each: `known`, whether anything at all (else `reasons` says why not),
    and the kind's own `facts`."""

    known: NDArray[np.bool_]
    facts: Sequence[Any]
    reasons: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`value`: YES (owed and not done), NO or UNKNOWN (`reason`: why). `measures` for the words;
    `where`: degrees, None for the place where the device was last."""

    value: int
    reason: str = ""
    measures: dict[str, Any] = field(default_factory=dict)
    where: tuple[float, float] | None = None


@runtime_checkable
class DutyKind(Interface):
    """A RuleKind that judges duties; its `condition` is all NO.

    Its episode parameters mean nothing but `max_gap_s`: farther apart, two fixes leave the time
    between them unknown. A duty whose window was heard less than `min_known_share` is UNKNOWN.
    `unheard`: the kind judges also what was heard too little, or not at all, by itself.
    """

    unheard: bool

    def duties(
        self, ground: Ground, version: Version, period_us: tuple[int, int]
    ) -> Iterable[Duty]:
        """All duties of the version's devices that overlap [from, to)."""

    def look(self, view: View, watched: Watched, rule: Rule, parameters: dict[str, float]) -> Seen:
        """What the fixes tell, for all pairs of a batch at once."""

    def fold(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        steps: Sequence[tuple[int, Any]],
        parameters: dict[str, float],
    ) -> None:
        """Take known fixes (time, fact) into `progress`, in order.

        It is empty at first but for names of the runner's, of which `seen_us` (the known fix
        before these, 0 none) is for reading. Small, of plain values, the same however the fixes are
        cut into calls.
        """

    def verdict(
        self,
        ground: Ground,
        duty: Duty,
        progress: Memory,
        known_share: float,
        parameters: dict[str, float],
    ) -> Verdict:
        """Whether the duty was done. `progress` may be empty where the kind is `unheard`."""


@runtime_checkable
class ExplainingDuty(Interface):
    """A DutyKind that says more of its verdict than its measures: parts, of which one is enough."""

    def says(self, verdict: Verdict, parameters: dict[str, float]) -> list[Said]:
        """Every part; none, where nothing was measured."""


class Dutiful:
    """The base of duty kinds: no silence of its own accuses, and a fix alone says nothing."""

    absence = False
    unheard = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:  # noqa: ARG002
        """All NO: the duties decide."""
        return blank_column(len(view.rows))
