"""Which bits of a location mean which work signal: rules, read from profiles.

The standard has ignition, load and the antenna and power alarms; cover, lift, spray, brush and
drum have no bits, so each city's firmware reuses reserved ones, or items of its own. A rule takes
`width` bits at `shift` of the status word, the alarm word, or up to four bytes of an item, and
gives the signal the state that this value has: by `states`, or by `ranges` for a measured one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from model.signals import SIGNALS, UNKNOWN
from protocols.jt808.waybill_text import WaybillForm

MAX_STATES_WIDTH = 8  # bits that `states` may tell apart


@dataclass(frozen=True, slots=True)
class SignalRule:
    """One signal from bits of a word. `states[value]`; what is not named is unknown."""

    source: Literal["status", "alarm"]
    shift: int
    width: int
    signal: str
    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemRule:
    """One signal from an item of this id and length: `size` bytes from `byte` on, big-endian.

    `ranges`: (lowest, highest, state) of the value; without them `states[value]`.
    """

    item_id: int
    length: int
    byte: int
    size: int
    shift: int
    width: int
    signal: str
    states: tuple[int, ...] = ()
    ranges: tuple[tuple[int, int, int], ...] = ()

    def value(self, item: bytes) -> int:
        """The bits that the rule looks at."""
        number = int.from_bytes(item[self.byte : self.byte + self.size], "big")
        return number >> self.shift & (1 << self.width) - 1

    def state(self, value: int) -> int:
        """The signal's state at this value."""
        if not self.ranges:
            return self.states[value]
        found = (state for low, high, state in self.ranges if low <= value <= high)
        return next(found, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of terminal means by its bits, and how it writes waybills. `matches`: (maker,
    model) as it registers."""

    name: str
    zh: str
    en: str
    words: tuple[SignalRule, ...]
    items: tuple[ItemRule, ...] = ()
    matches: tuple[tuple[str, str], ...] = ()
    waybill: WaybillForm | None = None

    def fits(self, maker: str, model: str) -> bool:
        """Whether a terminal of this maker and model speaks so; "" matches any."""
        return any(
            (not known_maker or known_maker == maker) and (not known or model.startswith(known))
            for known_maker, known in self.matches
        )


# Item 0xE5: our own DWORD of 2-bit fields, in the order of model.signals from `loaded` on.
# What it calls unknown stays unknown for `loaded`; other signals fall back to the profile.
WORK_SHIFT = SIGNALS["loaded"].shift
LOADED_FIELD = 3 << SIGNALS["loaded"].shift
_LOW_BITS = 0x5555_5555


def signals_of(alarm: int, status: int, rules: Sequence[SignalRule]) -> int:
    """Signals of one location by its words."""
    words = {"status": status, "alarm": alarm}
    signals = 0
    for rule in rules:
        state = rule.states[words[rule.source] >> rule.shift & (1 << rule.width) - 1]
        signals = with_state(signals, rule.signal, state)
    return signals


def with_state(signals: int, name: str, state: int) -> int:
    """Signals with one of them told anew; an unknown state leaves what was told before."""
    if state == UNKNOWN:
        return signals
    shift = SIGNALS[name].shift
    return signals & ~(3 << shift) | state << shift


def with_work_signals(signals: int, work: int) -> int:
    """Signals with those of an item 0xE5 laid over them."""
    known = (work | work >> 1) & _LOW_BITS
    return (signals & ~LOADED_FIELD & ~(known * 3 << WORK_SHIFT)) | work << WORK_SHIFT


def pack_work_signals(signals: int) -> int:
    """The value of item 0xE5 for these signals."""
    return signals >> WORK_SHIFT & 0xFFFF_FFFF
