"""How far a person has walked, by fixes that drift: a step counts once it leaves the drift behind.

A handset at rest moves by metres with every fix; added up that makes kilometres. So the way is
measured from an anchor, which moves only when a fix lies farther away than drift and accuracy.
"""

from __future__ import annotations

from math import cos, hypot, radians

_METRES_A_DEGREE = 111_195.0  # of the mean sphere; 0.3 % off, which a walk does not show


def metres_apart(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Metres between two near places, each longitude and latitude in 1e-6 degrees."""
    middle = radians((first[1] + second[1]) / 2e6)
    east = (second[0] - first[0]) * cos(middle)
    return hypot(east, second[1] - first[1]) * _METRES_A_DEGREE / 1e6


def step_m(
    anchor: tuple[int, int] | None, place: tuple[int, int], accuracy_m: float, drift_m: float
) -> float | None:
    """The step from the anchor to a fix; None: it may be drift, the anchor stays. 0.0 starts."""
    if anchor is None:
        return 0.0
    metres = metres_apart(anchor, place)
    return metres if metres > max(accuracy_m, drift_m) else None
