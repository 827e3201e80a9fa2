"""What a unit's reports suffer besides its plan: silence, dead zones, biased or poor reception."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FAR_M = 500.0


@dataclass(frozen=True, slots=True)
class Span:
    """[from_s, to_s) of the plan."""

    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Bias:
    """Reception off by this much in a time, as between high walls."""

    from_s: float
    to_s: float
    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A person reports at a point by hand; `point` "": at none of a round."""

    at_s: float
    point: str = ""


@dataclass(slots=True)
class Habits:
    """`silences`: nothing is recorded or sent. `dead_zones`: fixes are kept and sent at the end.
    `poor_gnss`: positions come from the cell network, hundreds of metres off. `blind`: no
    satellites. `frozen`: the place stands still. `check_ins`: ascending."""

    silences: list[Span] = field(default_factory=list)
    dead_zones: list[Span] = field(default_factory=list)
    biases: list[Bias] = field(default_factory=list)
    poor_gnss: bool = False
    blind: list[Span] = field(default_factory=list)
    frozen: list[Span] = field(default_factory=list)
    check_ins: list[CheckIn] = field(default_factory=list)

    def far_off(self) -> list[Span]:
        """When a bias puts the place where no wall could."""
        far = (bias for bias in self.biases if math.hypot(bias.east_m, bias.north_m) > FAR_M)
        return [Span(bias.from_s, bias.to_s) for bias in far]

    def elsewhere(self) -> list[Span]:
        """When the place that is told is far from the true one."""
        return [*self.frozen, *self.far_off()]

    def jumps_s(self) -> list[float]:
        """Moments at which the place jumps."""
        return sorted(second for span in self.far_off() for second in (span.from_s, span.to_s))
