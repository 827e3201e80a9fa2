"""Work signals, declared once: name, place in the `signals` column, the words for its states.

Each signal is a 2-bit field of one 64-bit integer: 0 unknown, 1 no, 2 yes, 3 a second kind of yes
(half loaded, drum in reverse). So "yes" is `field >= 2`, and what no terminal said stays unknown.
The order is stored in databases: append, never reorder. At most 31 signals.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN, NO, YES, YES_ALSO = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Signal:
    """One work signal: `states` are the words for field values 0 to 3."""

    name: str
    shift: int
    states: tuple[str, str, str, str]


def _declare(*rows: tuple[str, str, str, str]) -> dict[str, Signal]:
    return {
        name: Signal(name, 2 * place, ("unknown", no, yes, also))
        for place, (name, no, yes, also) in enumerate(rows)
    }


SIGNALS = _declare(
    ("ignition", "no", "yes", "yes"),
    ("loaded", "empty", "full", "half"),
    ("cover_closed", "no", "yes", "yes"),
    ("body_raised", "no", "yes", "yes"),
    ("spraying", "no", "yes", "yes"),
    ("brush_down", "no", "yes", "yes"),
    ("suction", "no", "yes", "yes"),
    ("drum", "stopped", "forward", "reverse"),
    ("locked", "no", "yes", "yes"),
    ("antenna_ok", "no", "yes", "yes"),
    ("main_power_ok", "no", "yes", "yes"),
    ("on_duty", "no", "yes", "yes"),
    ("mocked", "no", "yes", "yes"),
    ("charging", "no", "yes", "yes"),
    ("check_in", "no", "yes", "yes"),  # the person has reported at a point, at this very fix
)


def field(signals: NDArray[Any], name: str) -> NDArray[np.int8]:
    """Field values 0..3 of one signal, from an int64 column of any shape."""
    return ((signals >> SIGNALS[name].shift) & 3).astype(np.int8)


def pack(**states: int) -> int:
    """Signals from field values: `pack(loaded=YES, cover_closed=NO)`."""
    return sum((value & 3) << SIGNALS[name].shift for name, value in states.items())


def unpack(signals: int) -> dict[str, str]:
    """Known signals as words: `{"loaded": "full"}`; unknown ones are left out."""
    known = {name: (signals >> signal.shift) & 3 for name, signal in SIGNALS.items()}
    return {name: SIGNALS[name].states[value] for name, value in known.items() if value}
