"""One plate has one spelling, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.plates import is_plate, normal_plate


@pytest.mark.parametrize(
    "written",
    [
        "苏A12345",
        "苏a12345",
        "苏A·12345",
        "苏A．１２３４５",
        " 苏Ａ 123-45 ",
        "苏A•12345",
        "苏 A.12345",
    ],
)
def test_spellings_of_one_plate(written: str) -> None:
    assert normal_plate(written) == "苏A12345"


@given(st.text(max_size=30))
def test_normal_is_final(text: str) -> None:
    once = normal_plate(text)
    assert normal_plate(once) == once
    assert normal_plate(f" {once.lower()} .·-") == normal_plate(once.lower())


def test_what_cannot_be_a_plate() -> None:
    assert is_plate("苏A12345")
    assert is_plate("苏AD12345")
    assert not is_plate(normal_plate(" .·"))
    assert not is_plate("A" * 17)
