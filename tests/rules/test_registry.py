"""The contract of every registered rule kind, and its page in docs/rules."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from model.position import empty_rows
from model.rulebook import Rule
from model.vehicles import UnitKind
from rules.contract import RuleKind
from rules.episodes import EPISODE_PARAMETERS
from rules.outcome import OUTCOME_PARAMETERS
from rules.registry import kinds_by_name
from tests.rules.kinds.city import City

DOCS = Path(__file__).parents[2] / "docs" / "rules"
KINDS = kinds_by_name()
FIRST = {
    "route_deviation": "route",
    "operating_hours": "hours",
    "uncovered_load": "dust",
    "not_spraying": "dust",
    "inspector_off_grid": "patrol",
    "inspector_silent": "patrol",
}


def test_one_kind_of_each_family_is_registered() -> None:
    assert {name: KINDS[name].family for name in FIRST} == FIRST


def test_every_module_registers_one_kind_of_its_own_name() -> None:
    modules = {path.stem for path in (DOCS.parents[1] / "rules" / "kinds").glob("[a-z]*.py")}
    assert set(KINDS) == modules


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_contract(kind: RuleKind) -> None:
    assert kind.zh
    assert kind.en
    assert re.fullmatch(r"[a-z_]+_(kmh|m|min|s|days|pct|points)", kind.measure_name)
    assert set(kind.vehicle_kinds) <= {unit.value for unit in UnitKind}
    common = (*EPISODE_PARAMETERS, *OUTCOME_PARAMETERS)
    assert set(kind.episode_defaults) <= {p.name for p in common}
    assert len({p.name for p in kind.parameters}) == len(kind.parameters) > 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_parameters_have_unit_range_basis_and_both_languages(kind: RuleKind) -> None:
    for parameter in kind.parameters:
        assert parameter.unit, parameter.name
        assert parameter.minimum <= parameter.default <= parameter.maximum, parameter.name
        assert re.search(r"[\u4e00-\u9fff]", parameter.zh), parameter.name
        assert re.search(r"[a-z]", parameter.en), parameter.name
        assert parameter.basis.startswith("our default") or "http" in parameter.basis


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_condition_has_a_value_for_every_row(kind: RuleKind) -> None:
    """Rows with nothing known, of a device without fences, assignments or shifts."""
    rows = empty_rows(5)
    rows["device_id"] = [1, 1, 2, 3, 3]
    view = City().view(rows)
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=kind.name, name_zh="", name_en="", valid_from_us=0
    )
    column = kind.condition(view, rule, {p.name: p.default for p in kind.parameters})
    assert column.value.dtype == np.int8
    assert len(column.value) == len(column.measure) == len(column.fence) == 5
    assert not (column.value == 1).any()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_sentences_hold_in_both_languages(kind: RuleKind, language: str) -> None:
    measures = {kind.measure_name: 12.0, "duration_s": 754.0, "fixes": 3, "unknown_s": 0.0}
    sentence = kind.sentence(measures, language)  # type: ignore[arg-type]
    assert "12" in sentence
    assert ("{" in sentence) is False
    assert bool(re.search(r"[\u4e00-\u9fff]", sentence)) is (language == "zh")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_page_names_every_parameter_with_its_default_and_basis(kind: RuleKind) -> None:
    page = (DOCS / f"{kind.name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {kind.en} ({kind.zh})")
    for parameter in kind.parameters:
        row = f"| `{parameter.name}` | {parameter.unit} | {parameter.default:g} | "
        assert row in page, parameter.name
        assert parameter.basis in page, parameter.name
    for name, default in kind.episode_defaults.items():
        assert f"| `{name}` | s | {default:g} | " in page, name


def test_the_index_links_every_page_and_no_page_is_left_over() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert pages == set(KINDS)
    for kind in KINDS.values():
        assert f"[{kind.en} ({kind.zh})]({kind.name}.md)" in index
