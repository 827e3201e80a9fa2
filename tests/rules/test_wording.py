"""Durations and sentences read like speech."""

from __future__ import annotations

import pytest

from rules.wording import Words, duration, number


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0秒", "0 s"),
        (45, "45秒", "45 s"),
        (60, "1分", "1 min"),
        (380, "6分20秒", "6 min 20 s"),
        (3599.6, "1小时", "1 h"),
        (3905, "1小时5分", "1 h 5 min"),
        (90_000, "25小时", "25 h"),
    ],
)
def test_duration(seconds: float, zh: str, en: str) -> None:
    assert duration(seconds, "zh") == zh
    assert duration(seconds, "en") == en


@pytest.mark.parametrize(
    ("value", "text"), [(5.0, "5"), (5.25, "5.2"), (9.96, "10"), (41.4, "41"), (0, "0")]
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_missing_measures_are_left_out() -> None:
    words = Words("甲", "A", "最高{}", "up to {}")
    assert words.sentence({}, "peak", "zh") == "甲"
    assert words.sentence({}, "peak", "en") == "A"
    assert words.sentence({"peak": 3.0}, "peak", "zh") == "甲，最高3"
    assert words.sentence({"peak": 0.0, "duration_s": 5}, "peak", "en") == "A, up to 0 for 5 s"
