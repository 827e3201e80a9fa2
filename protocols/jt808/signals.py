"""Which bits of a location mean which work signal: profiles, as data.

The standard has ignition, load and the antenna and power alarms; cover, lift, spray, brush and
drum have no bits, so each city's firmware reuses reserved ones. A rule reads `width` bits at
`shift` of the status or alarm word and gives the signal the state in `states` at that value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.signals import NO, SIGNALS, UNKNOWN, YES, YES_ALSO


@dataclass(frozen=True, slots=True)
class SignalRule:
    """One signal from one or two bits."""

    source: Literal["status", "alarm"]
    shift: int
    width: int
    signal: str
    states: tuple[int, ...]


_COMMON = (
    SignalRule("status", 0, 1, "ignition", (NO, YES)),
    SignalRule("alarm", 5, 2, "antenna_ok", (YES, NO, NO, NO)),
    SignalRule("alarm", 7, 2, "main_power_ok", (YES, NO, NO, NO)),
)

PROFILES: dict[str, tuple[SignalRule, ...]] = {
    "standard": (
        *_COMMON,
        # Table 24, bits 8-9: 00 empty, 01 half, 10 reserved, 11 full.
        SignalRule("status", 8, 2, "loaded", (NO, YES_ALSO, UNKNOWN, YES)),
    ),
    # Muck-truck firmware "TRWY": reserved status bits.
    "trwy": (
        *_COMMON,
        SignalRule("status", 25, 1, "locked", (NO, YES)),
        SignalRule("status", 28, 1, "loaded", (NO, YES)),
        SignalRule("status", 29, 1, "cover_closed", (YES, NO)),
        SignalRule("status", 30, 1, "body_raised", (NO, YES)),
    ),
}

# Item 0xE5: our own DWORD of 2-bit fields, in the order of model.signals from `loaded` on.
# What it calls unknown stays unknown for `loaded`; other signals fall back to the profile.
WORK_SHIFT = SIGNALS["loaded"].shift
LOADED_FIELD = 3 << SIGNALS["loaded"].shift
_LOW_BITS = 0x5555_5555


def signals_of(alarm: int, status: int, profile: tuple[SignalRule, ...]) -> int:
    """Signals of one location."""
    words = {"status": status, "alarm": alarm}
    return sum(
        rule.states[words[rule.source] >> rule.shift & (1 << rule.width) - 1]
        << SIGNALS[rule.signal].shift
        for rule in profile
    )


def with_work_signals(signals: int, work: int) -> int:
    """Signals with those of an item 0xE5 laid over them."""
    known = (work | work >> 1) & _LOW_BITS
    return (signals & ~LOADED_FIELD & ~(known * 3 << WORK_SHIFT)) | work << WORK_SHIFT


def pack_work_signals(signals: int) -> int:
    """The value of item 0xE5 for these signals."""
    return signals >> WORK_SHIFT & 0xFFFF_FFFF
