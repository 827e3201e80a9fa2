"""Who is told of a violation, and when: driver -> company -> enforcement team."""

from __future__ import annotations

from typing import Literal

import msgspec

Recipient = Literal["driver", "company", "team"]
LONGEST_WAIT_S = 7 * 86_400


class LadderStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`after_s` counts from when the violation was raised; `unless_ended`: not, when it is over by
    then. driver: text to the terminal; company: the unit's own organisation; team: whoever
    answers for the place, and the organisations above."""

    to: Recipient
    after_s: int = 0
    unless_ended: bool = False


# A driver who returns within ten minutes has corrected himself (the muck trucks' route rule).
_SERIOUS = (LadderStep(to="driver"), LadderStep(to="company"), LadderStep(to="team"))
DEFAULT_LADDERS: dict[str, tuple[LadderStep, ...]] = {
    "info": (LadderStep(to="company"),),
    "warning": (
        LadderStep(to="driver"),
        LadderStep(to="company", after_s=300, unless_ended=True),
        LadderStep(to="team", after_s=600, unless_ended=True),
    ),
    "serious": _SERIOUS,
}
