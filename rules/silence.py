"""Absence: stretches of duty in which nothing was heard of a device, while we were listening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from msgspec.structs import replace

from model.fences import Shift
from model.rulebook import Outage


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing heard in [started_us, ended_us); `ongoing`: it reaches up to the tick."""

    started_us: int
    ended_us: int
    ongoing: bool


def silences(
    heard_us: int,
    until_us: int,
    duty: Iterable[Shift],
    outages: Sequence[Outage],
    threshold_us: int,
) -> Iterator[Silence]:
    """Silences of at least the threshold between the last report and `until_us`; `duty` by start.

    Cut to the duty, and to the times in which the server itself was listening: a silence that an
    outage of ours interrupts counts from the outage's end, for what was sent then may still come.
    """
    begun = takewhile(lambda shift: shift.starts_us < until_us, duty)
    for shift in joined(shift for shift in begun if shift.ends_us >= heard_us):
        start_us = max(heard_us, shift.starts_us)
        end_us = min(until_us, shift.ends_us)
        for piece_start_us, piece_end_us in _without(start_us, end_us, outages):
            if piece_end_us - piece_start_us >= threshold_us:
                yield Silence(piece_start_us, piece_end_us, ongoing=piece_end_us == until_us)


def joined(shifts: Iterable[Shift]) -> list[Shift]:
    """The shifts of one device, by start; those that touch or overlap are one."""
    stretches: list[Shift] = []
    for shift in sorted(shifts, key=lambda one: one.starts_us):
        last = stretches[-1] if stretches else None
        if last is None or shift.starts_us > last.ends_us:
            stretches.append(shift)
        elif shift.ends_us > last.ends_us:
            stretches[-1] = replace(last, ends_us=shift.ends_us)
    return stretches


def deaf_us(outages: Iterable[Outage], from_us: int, to_us: int) -> int:
    """How long of [from, to) the server itself heard nobody."""
    return sum(max(min(o.to_us, to_us) - max(o.from_us, from_us), 0) for o in outages)


def _without(start_us: int, end_us: int, outages: Sequence[Outage]) -> Iterator[tuple[int, int]]:
    for outage in sorted(outages, key=lambda o: o.from_us):
        if outage.to_us <= start_us or outage.from_us >= end_us:
            continue
        if outage.from_us > start_us:
            yield start_us, outage.from_us
        start_us = outage.to_us
    if start_us < end_us:
        yield start_us, end_us
