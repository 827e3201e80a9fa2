"""Shared wording of findings: durations, numbers, and the one sentence that says what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["zh", "en"]
_UNITS: dict[str, tuple[str, str, str]] = {"zh": ("小时", "分", "秒"), "en": (" h", " min", " s")}


def duration(seconds: float, language: Language) -> str:
    """ "6分20秒" or "6 min 20 s"; from an hour on without seconds."""
    minutes, second = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    amounts = (hour, minute, 0 if hour else second)
    pieces = [
        f"{amount}{unit}" for amount, unit in zip(amounts, _UNITS[language], strict=True) if amount
    ]
    if not pieces:
        return f"0{_UNITS[language][2]}"
    return ("" if language == "zh" else " ").join(pieces)


def number(value: float) -> str:
    """Whole from 10 on, one decimal below, never "5.0"."""
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind says: the facts, and its peak with a `{}` for the number."""

    zh: str
    en: str
    peak_zh: str
    peak_en: str

    def sentence(self, measures: Mapping[str, Any], peak_name: str, language: Language) -> str:
        """Facts, peak, duration, and how much of it nobody knows; what is missing is left out."""
        chinese = language == "zh"
        parts = [self.zh if chinese else self.en]
        if measures.get(peak_name) is not None:
            parts.append((self.peak_zh if chinese else self.peak_en).format(
                number(measures[peak_name])
            ))  # fmt: skip
        if measures.get("duration_s") is not None:
            lasted = duration(measures["duration_s"], language)
            if chinese:
                parts.append(f"持续{lasted}")
            else:
                parts[-1] += f" for {lasted}"
        return ("，" if chinese else ", ").join(parts) + _doubt(measures, language)


def _doubt(measures: Mapping[str, Any], language: Language) -> str:
    unknown_s = measures.get("unknown_s") or 0
    if unknown_s < 1:
        return ""
    lasted = duration(unknown_s, language)
    return f"（其中{lasted}无法判断）" if language == "zh" else f" ({lasted} of it not known)"
