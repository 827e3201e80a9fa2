"""docs/protocols/jt808.md names every message, item and signal that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model.signals import SIGNALS
from protocols.jt808 import MESSAGES
from protocols.jt808.items import ITEMS
from protocols.jt808.profiles import PROFILES
from protocols.jt808.signals import WORK_SHIFT

PAGE = Path(__file__).parents[3] / "docs" / "protocols" / "jt808.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("message_id", sorted(MESSAGES), ids=hex)
def test_message_has_its_row(message_id: int) -> None:
    assert f"| 0x{message_id:04X} | `{MESSAGES[message_id].name}` |" in TEXT


def test_no_row_without_a_message() -> None:
    rows = re.findall(r"^\| (0x[0-9A-F]{4}) \| `", TEXT, re.MULTILINE)
    assert [int(row, 16) for row in rows] == sorted(MESSAGES)


def test_items() -> None:
    rows = re.findall(r"^\| `(0x[0-9A-F]{2})` \|", TEXT, re.MULTILINE)
    assert [int(row, 16) for row in rows] == sorted(ITEMS)


def test_work_signals_stand_at_their_bits() -> None:
    rows = re.findall(r"^\| (\d+)-\d+ \| `(\w+)`", TEXT, re.MULTILINE)
    expected = [
        (str(signal.shift - WORK_SHIFT), name)
        for name, signal in SIGNALS.items()
        if signal.shift >= WORK_SHIFT
    ]
    assert rows == expected


def test_profiles_are_named() -> None:
    assert all(f"`{name}`" in TEXT for name in PROFILES)
