"""Faults of a replayed track: of its fixes, and of the line that carries them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np

from simulators.fleet.habits import Span
from simulators.fleet.receiver import Fixes
from simulators.scenario.fix_faults import Drift, FixFault, Outliers, Skew
from simulators.scenario.wire import Line

OUTLIER_M = 200.0
# What is a share of fixes or reports, and what is a size.
RATES = ("outliers", "packet_loss", "duplicates", "damaged_frames", "bytewise")
SIZES = ("gnss_drift", "clock_skew")
ALWAYS = (Span(-(2**62), 2**62),)


class FaultProblem(Exception):
    """A fault that does not exist, or a value it cannot have."""


class ReplayFaults:
    """`told`: "gnss_drift=8", "packet_loss=0.05", ... The same seed spoils the same fixes."""

    def __init__(self, told: Sequence[str], seed: int) -> None:
        self._values = dict(_parsed(one) for one in told)
        self._chance = random.Random(seed)

    def spoil(self, fixes: Fixes) -> Fixes:
        """The fixes as a bad receiver makes them, some of them lost."""
        for name, value in self._values.items():
            maker = _FIX_FAULTS.get(name)
            if maker is not None:
                fixes = maker(value, self._chance).apply(fixes)
        loss = self._values.get("packet_loss", 0.0)
        kept = np.array([self._chance.random() >= loss for _ in range(len(fixes))], np.bool_)
        kept[:1] = True  # a track of nothing is no track
        return fixes[kept]

    def line(self) -> Line:
        """The faulty line."""
        values = self._values
        return Line(
            self._chance,
            duplicates=values.get("duplicates", 0.0),
            damaged=values.get("damaged_frames", 0.0),
            bytewise=values.get("bytewise", 0.0),
        )


_FIX_FAULTS: dict[str, Callable[[float, random.Random], FixFault]] = {
    "gnss_drift": lambda value, chance: Drift(ALWAYS, value, chance),
    "outliers": lambda value, chance: Outliers(ALWAYS, value, OUTLIER_M, chance),
    "clock_skew": lambda value, _: Skew(int(value)),
}


def _parsed(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    if name not in (*RATES, *SIZES):
        raise FaultProblem(f"no fault {name!r}; there are {', '.join((*SIZES, *RATES))}")
    try:
        value = float(number)
    except ValueError:
        raise FaultProblem(f"{text!r} is not {name}=NUMBER") from None
    if name in RATES and not 0 <= value < 1:
        raise FaultProblem(f"{name} is a share from 0 to below 1, not {number}")
    return name, value
