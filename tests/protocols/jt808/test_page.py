"""docs/protocols/jt808.md names every message, item and signal that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model.signals import SIGNALS
from protocols.jt808 import MESSAGES
from protocols.jt808.commands import NOT_FOR_PEOPLE, ORDERED_BY
from protocols.jt808.items import ITEMS
from protocols.jt808.messages import FIRST_PLATFORM_ID
from protocols.jt808.profiles import PROFILES
from protocols.jt808.signals import WORK_SHIFT
from protocols.jt808.support import SAID, support_of

PAGE = Path(__file__).parents[3] / "docs" / "protocols" / "jt808.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("message_id", sorted(MESSAGES), ids=hex)
def test_message_has_its_row(message_id: int) -> None:
    assert f"| 0x{message_id:04X} | `{MESSAGES[message_id].name}` |" in TEXT


def test_no_row_without_a_message() -> None:
    rows = re.findall(r"^\| (0x[0-9A-F]{4}) \| `", TEXT, re.MULTILINE)
    assert [int(row, 16) for row in rows] == sorted(MESSAGES)


@pytest.mark.parametrize("message_id", sorted(MESSAGES), ids=hex)
def test_row_says_what_is_done(message_id: int) -> None:
    (row,) = re.findall(rf"^\| 0x{message_id:04X} \| `.*$", TEXT, re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("| ").split(" | ")]
    name, way, span, _fields, done, source = cells[1:7]
    message = MESSAGES[message_id]
    assert (name, span) == (f"`{message.name}`", message.span)
    assert way == ("down" if message_id >= FIRST_PLATFORM_ID else "up")
    assert done == support_of(message_id)
    assert len(done) > 8
    assert len(source) > 8


def test_everything_is_said_or_ordered_in_one_way() -> None:
    assert set(SAID) == set(NOT_FOR_PEOPLE)
    assert not set(SAID) & set(ORDERED_BY)


def test_what_is_not_supported_is_listed_as_such() -> None:
    section = TEXT.partition("## Not supported")[2].partition("\n## ")[0]
    ids = [int(found, 16) for found in re.findall(r"0x[0-9A-F]{4}", section)]
    assert len(ids) > 10
    assert not set(ids) & set(MESSAGES)


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
