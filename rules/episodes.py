"""The episode machine, written once for all rule kinds: condition column -> episodes.

The noise model: an episode begins with the first fix whose condition is yes and becomes a violation
when yes has lasted `min_duration_s`; it ends when no has lasted `clear_s` (one outlier ends
nothing); nothing is assumed across a silence longer than `max_gap_s`; unknown neither accuses nor
acquits.
A state holds only what later fixes need, so that an idle device has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from rules.contract import HOLD, NO, UNKNOWN, YES, Parameter

IDLE, PENDING, ACTIVE = 0, 1, 2
_SECOND_US = 1_000_000
TELL_EVERY_US = 60 * _SECOND_US  # an episode that goes on is told anew this often

EPISODE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "min_duration_s", "s", 60, 0, 86_400,
        "条件持续满此时长才成为违规", "how long the condition must last to be a violation",
        "our default; each kind states its own",
    ),
    Parameter(
        "clear_s", "s", 45, 0, 3_600,
        "条件消失满此时长违规才结束", "how long the condition must be gone to end the episode",
        "our default: three fixes at 15 s, so that one outlier ends nothing",
    ),
    Parameter(
        "max_gap_s", "s", 300, 1, 86_400,
        "两次定位间隔超过此时长时不作推断", "between fixes farther apart nothing is assumed",
        "our default; Wialon calls it maximum message gap",
    ),
    Parameter(
        "min_previous_s", "s", 0, 0, 86_400,
        "之前须不满足条件的时长", "how long the condition must have been false before",
        "our default; Wialon calls it minimum duration of the previous state",
    ),
    Parameter(
        "cool_down_s", "s", 0, 0, 86_400,
        "结束后此时长内不再触发", "after an end, no new episode starts for this long",
        "our default",
    ),
)  # fmt: skip


class Episode(msgspec.Struct, omit_defaults=True):
    """The state of one (device, rule); times are event time in microseconds, 0 = none."""

    phase: int = IDLE
    started_us: int = 0
    last_yes_us: int = 0
    last_known_us: int = 0  # last fix that was not unknown
    no_since_us: int = 0  # the condition is no since then (inside an episode: since its last yes)
    unknown_since_us: int = 0
    unknown_us: int = 0
    cool_until_us: int = 0
    told_us: int = 0
    fixes: int = 0
    peak: float = 0.0
    peak_us: int = 0
    longitude_e6: int = 0
    latitude_e6: int = 0
    fence_id: int = 0
    fence_version: int = 0
    rule_version: int = 0
    reason: str = ""

    @property
    def trivial(self) -> bool:
        """Nothing that a later fix would need: the state may be forgotten."""
        return not (self.phase or self.unknown_since_us or self.cool_until_us or self.no_since_us)


@dataclass(slots=True)
class Sample:
    """One fix as the machine sees it."""

    time_us: int
    value: int
    measure: float
    longitude_e6: int
    latitude_e6: int
    fence_id: int
    fence_version: int
    rule_version: int


@dataclass(slots=True)
class Told:
    """An episode that is a violation: a copy of its state, and whether it has ended."""

    episode: Episode
    ended: bool


def advance(
    episode: Episode, sample: Sample, previous_us: int, parameters: dict[str, float]
) -> Iterator[Told]:
    """Step the state by one fix; `previous_us` is the device's fix before it (0: none)."""
    max_gap_us = parameters["max_gap_s"] * _SECOND_US
    if previous_us and sample.time_us - previous_us > max_gap_us:
        yield from finish(episode, sample.time_us, parameters)
        episode.unknown_since_us = 0
        episode.no_since_us = 0
    if sample.value == UNKNOWN:
        yield from _unknown(episode, sample, previous_us, parameters)
        return
    episode.unknown_since_us = 0
    value = sample.value
    if value == HOLD:
        value = NO if episode.phase == IDLE or episode.no_since_us else YES
    if value == YES:
        yield from _yes(episode, sample, parameters)
    else:
        yield from _no(episode, sample, parameters)
    episode.last_known_us = sample.time_us if episode.phase else 0


def overdue(episode: Episode, last_us: int, tick_us: int, parameters: dict[str, float]) -> bool:
    """Whether silence until `tick_us` has ended the episode, as the next fix would find."""
    return episode.phase == ACTIVE and tick_us - last_us > parameters["max_gap_s"] * _SECOND_US


def _unknown(
    episode: Episode, sample: Sample, previous_us: int, parameters: dict[str, float]
) -> Iterator[Told]:
    episode.unknown_since_us = episode.unknown_since_us or sample.time_us
    if episode.phase == IDLE:
        episode.no_since_us = 0
        return
    episode.unknown_us += sample.time_us - max(previous_us, episode.started_us)
    if sample.time_us - episode.last_known_us > parameters["max_gap_s"] * _SECOND_US:
        yield from finish(episode, sample.time_us, parameters)


def _yes(episode: Episode, sample: Sample, parameters: dict[str, float]) -> Iterator[Told]:
    if episode.phase == IDLE:
        if not _may_start(episode, sample.time_us, parameters):
            # The required "no" before an episode counts from this yes anew.
            episode.no_since_us = sample.time_us if parameters["min_previous_s"] else 0
            return
        _start(episode, sample)
    episode.no_since_us = 0
    episode.last_yes_us = sample.time_us
    episode.fixes += 1
    if sample.measure == sample.measure and (  # not NaN
        sample.measure > episode.peak or not episode.peak_us
    ):
        episode.peak, episode.peak_us = sample.measure, sample.time_us
    lasted_us = sample.time_us - episode.started_us
    if episode.phase == PENDING and lasted_us >= parameters["min_duration_s"] * _SECOND_US:
        episode.phase = ACTIVE
    if episode.phase == ACTIVE and sample.time_us - episode.told_us >= TELL_EVERY_US:
        episode.told_us = sample.time_us
        yield Told(msgspec.structs.replace(episode), ended=False)


def _no(episode: Episode, sample: Sample, parameters: dict[str, float]) -> Iterator[Told]:
    if episode.phase == IDLE:
        if parameters["min_previous_s"] and not episode.no_since_us:
            episode.no_since_us = sample.time_us
        if episode.cool_until_us and sample.time_us >= episode.cool_until_us:
            episode.cool_until_us = 0
        return
    episode.no_since_us = episode.no_since_us or sample.time_us
    if sample.time_us - episode.no_since_us >= parameters["clear_s"] * _SECOND_US:
        since_us = episode.no_since_us
        yield from finish(episode, sample.time_us, parameters)
        if parameters["min_previous_s"]:
            episode.no_since_us = since_us


def _may_start(episode: Episode, time_us: int, parameters: dict[str, float]) -> bool:
    if time_us < episode.cool_until_us:
        return False
    previous_us = parameters["min_previous_s"] * _SECOND_US
    return not episode.no_since_us or time_us - episode.no_since_us >= previous_us


def _start(episode: Episode, sample: Sample) -> None:
    episode.phase = PENDING
    episode.started_us = sample.time_us
    episode.cool_until_us = 0
    episode.longitude_e6, episode.latitude_e6 = sample.longitude_e6, sample.latitude_e6
    episode.fence_id, episode.fence_version = sample.fence_id, sample.fence_version
    episode.rule_version = sample.rule_version


def finish(episode: Episode, now_us: int, parameters: dict[str, float]) -> Iterator[Told]:
    """Back to idle, whatever comes next; a violation is told as ended at its last yes."""
    was_active = episode.phase == ACTIVE
    if was_active:
        yield Told(msgspec.structs.replace(episode), ended=True)
    cool_until_us = episode.last_yes_us + int(parameters["cool_down_s"] * _SECOND_US)
    unknown_since_us, reason = episode.unknown_since_us, episode.reason
    blank = Episode(unknown_since_us=unknown_since_us, reason=reason)
    if was_active and cool_until_us > now_us:
        blank.cool_until_us = cool_until_us
    for name in Episode.__struct_fields__:
        setattr(episode, name, getattr(blank, name))
