"""What terminals are told by default, and the signals that the evidence names, for every kind."""

from __future__ import annotations

import pytest

from api.driver_texts import check_text, driver_text
from api.evidence.against import _SIGNAL_EN, _SIGNAL_ZH, SIGNALS_OF_KIND
from model.signals import SIGNALS
from rules.registry import kinds_by_name


@pytest.mark.parametrize("kind", sorted(kinds_by_name()))
def test_a_terminal_can_take_the_text(kind: str) -> None:
    text = driver_text(kind, "苏A12345")
    assert text.startswith("苏A12345：")
    assert check_text(text) == text
    assert len(text) < 50, "most terminals read it aloud"


def test_signals_that_speak_against_have_names_and_kinds() -> None:
    assert set(SIGNALS_OF_KIND) <= set(kinds_by_name())
    named = {name for names in SIGNALS_OF_KIND.values() for name in names}
    assert named <= set(SIGNALS)
    assert named == set(_SIGNAL_ZH) == set(_SIGNAL_EN)
