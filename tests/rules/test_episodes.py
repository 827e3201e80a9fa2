"""The episode machine, case by case: (second, value) in, (start, end or None) out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.contract import HOLD, NO, UNKNOWN, YES
from rules.episodes import ACTIVE, EPISODE_PARAMETERS, IDLE, Episode, Sample, advance, overdue

SECOND_US = 1_000_000
DEFAULTS = {parameter.name: parameter.default for parameter in EPISODE_PARAMETERS}
Y, N, U, H = YES, NO, UNKNOWN, HOLD


def run(values: list[tuple[int, int]], **parameters: float) -> list[tuple[int, int | None]]:
    """Feed samples; returns told episodes as (start s, end s or None)."""
    effective = {**DEFAULTS, "min_duration_s": 60, "clear_s": 30, "max_gap_s": 120, **parameters}
    episode, previous_us, told = Episode(), 0, []
    for second, value in values:
        sample = Sample(second * SECOND_US, value, float(second), 1, 2, 0, 0, 1)
        for news in advance(episode, sample, previous_us, effective):
            ended = news.episode.last_yes_us // SECOND_US if news.ended else None
            told.append((news.episode.started_us // SECOND_US, ended))
        previous_us = sample.time_us
    return told


def every(step: int, begin: int, values: str) -> list[tuple[int, int]]:
    """`values` as letters y n u h, one each `step` seconds from `begin`."""
    return [(begin + step * i, {"y": Y, "n": N, "u": U, "h": H}[v]) for i, v in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "parameters", "expected"),
    [
        (every(15, 100, "yyyynn"), {}, []),  # 45 s are not 60
        (every(15, 100, "yyyyynnn"), {}, [(100, None), (100, 160)]),
        (every(15, 100, "yynyyyynnn"), {}, [(100, None), (100, 190)]),  # one outlier ends nothing
        (every(15, 100, "yynnnyyynnn"), {}, []),  # a real no starts over
        (every(15, 100, "yyuuuyynnn"), {}, [(100, None), (100, 190)]),  # unknown keeps
        (every(15, 100, "nhhhhhhnnn"), {}, []),  # the band alone never enters
        (every(15, 100, "yyhhhyynnn"), {}, [(100, None), (100, 190)]),  # and never leaves
        (every(15, 100, "yyyyy") + every(15, 400, "n"), {}, [(100, None), (100, 160)]),  # gap
        (every(15, 100, "yyy") + every(15, 400, "yyy"), {}, []),  # nothing assumed across it
        (every(15, 100, "yyyyynnnyyyyynnn"), {"cool_down_s": 600}, [(100, None), (100, 160)]),
        (every(15, 100, "nyyyyynnn"), {"min_previous_s": 60}, []),  # was no for 15 s only
        (every(15, 100, "nyyyyyyyyynnn"), {"min_previous_s": 60}, []),  # and lasting is no way in
        (every(15, 100, "nyynnnnnyyyyynnn"), {"min_previous_s": 60}, [(220, None), (220, 280)]),
        (every(15, 100, "nnnnnyyyyynnn"), {"min_previous_s": 60}, [(175, None), (175, 235)]),
        (every(15, 100, "y"), {"min_duration_s": 0}, [(100, None)]),
    ],
)
def test_cases(
    values: list[tuple[int, int]],
    parameters: dict[str, float],
    expected: list[tuple[int, int | None]],
) -> None:
    assert run(values, **parameters) == expected


def test_long_unknown_ends_at_the_last_yes() -> None:
    told = run(every(15, 100, "yyyyy" + "u" * 12))
    assert told == [(100, None), (100, 160)]


def test_peak_and_counts_are_of_the_episode() -> None:
    episode, previous_us = Episode(), 0
    for second, value in every(15, 100, "yyyyy"):
        sample = Sample(second * SECOND_US, value, 40.0 - abs(second - 130), 7, 8, 3, 2, 5)
        list(advance(episode, sample, previous_us, {**DEFAULTS, "min_duration_s": 30}))
        previous_us = sample.time_us
    assert episode.phase == ACTIVE
    assert (episode.peak, episode.peak_us) == (40.0, 130 * SECOND_US)
    assert (episode.fixes, episode.fence_id, episode.rule_version) == (5, 3, 5)


def test_overdue_is_what_the_next_fix_would_find() -> None:
    episode = Episode(phase=ACTIVE, started_us=1, last_yes_us=100 * SECOND_US)
    parameters = {**DEFAULTS, "max_gap_s": 120}
    assert not overdue(episode, 100 * SECOND_US, 220 * SECOND_US, parameters)
    assert overdue(episode, 100 * SECOND_US, 221 * SECOND_US, parameters)
    sample = Sample(221 * SECOND_US, NO, 0.0, 0, 0, 0, 0, 1)
    assert [told.ended for told in advance(episode, sample, 100 * SECOND_US, parameters)] == [True]
    assert episode.phase == IDLE


@given(
    st.lists(st.tuples(st.integers(1, 200), st.sampled_from([Y, N, U, H])), min_size=1, max_size=60)
)
def test_every_violation_lasted_and_ends_once(steps: list[tuple[int, int]]) -> None:
    second, values = 1000, []
    for step, value in steps:
        second += step
        values.append((second, value))
    told = run(values)
    ended = [(start, end) for start, end in told if end is not None]
    assert len({start for start, _ in ended}) == len(ended)
    assert all(end - start >= 60 for start, end in ended if end is not None)
    assert all(start in {s for s, v in values if v == Y} for start, _ in told)
