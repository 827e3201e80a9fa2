"""A rule version in words, with every threshold that was in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.registries import rule_kinds
from rules.contract import Parameter, RuleKind
from rules.episodes import EPISODE_PARAMETERS
from rules.outcome import OUTCOME_PARAMETERS

Row = dict[str, Any]


def parameters_of(kind: RuleKind) -> list[tuple[Parameter, float]]:
    """Each parameter of a kind, its own first, with the kind's default."""
    own = [(parameter, parameter.default) for parameter in kind.parameters]
    outcome = [
        (parameter, kind.episode_defaults.get(parameter.name, parameter.default))
        for parameter in OUTCOME_PARAMETERS
    ]
    if kind.absence:  # silences do not pass through the episode machine
        return own + outcome
    names = {parameter.name for parameter in kind.parameters}
    common = [
        (parameter, kind.episode_defaults.get(parameter.name, parameter.default))
        for parameter in EPISODE_PARAMETERS
        if parameter.name not in names
    ]
    return own + common + outcome


def rule_text(kind_name: str, rule: Mapping[str, Any] | None) -> Row:
    """`{zh, en, parameters}` of a rule's row; without the row, the kind's defaults."""
    kind = rule_kinds().get(kind_name)
    own: Mapping[str, float] = rule["parameters"] if rule else {}
    zh = rule["name_zh"] if rule else kind_name
    en = rule["name_en"] if rule else kind_name
    if kind is None:
        return {"zh": zh, "en": en, "parameters": []}
    parameters = [
        {
            "name": parameter.name,
            "unit": parameter.unit,
            "value": float(own.get(parameter.name, default)),
            "default": float(default),
            "zh": parameter.zh,
            "en": parameter.en,
            "basis": parameter.basis,
        }
        for parameter, default in parameters_of(kind)
    ]
    return {
        "zh": zh if zh == kind.zh else f"{zh}：{kind.zh}",
        "en": en if en == kind.en else f"{en}: {kind.en}",
        "parameters": parameters,
    }
