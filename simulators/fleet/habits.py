"""What a unit's reports suffer besides its plan: silence, dead zones, biased or poor reception."""

from __future__ import annotations

from dataclasses import dataclass, field


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


@dataclass(slots=True)
class Habits:
    """`silences`: nothing is recorded or sent. `dead_zones`: fixes are kept and sent at the end.
    `poor_gnss`: positions come from the cell network, hundreds of metres off."""

    silences: list[Span] = field(default_factory=list)
    dead_zones: list[Span] = field(default_factory=list)
    biases: list[Bias] = field(default_factory=list)
    poor_gnss: bool = False
