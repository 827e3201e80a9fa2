"""Many phones on one connection, and the one that is alone: the same terminal by either name."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract import Online, ProtocolError
from protocols.jt808 import encode_frames, terminals
from protocols.jt808.framing import unwrap
from protocols.jt808.header import Header, parse_header, phones_of
from protocols.jt808.session import Jt808Session
from protocols.jt808.terminals import Terminals
from tests.protocols.directory import Register

PHONES = ("13800000001", "13800000002", "138000000031")
NOW_US = 1_790_000_000_000_000


def heartbeat(phone: str, version: str) -> Header:
    return parse_header(unwrap(encode_frames(0x0002, b"", phone, 0, version)[1:-1]))


@given(
    st.lists(
        st.tuples(st.sampled_from(PHONES), st.sampled_from(("2013", "2019"))),
        min_size=1,
    )
)
def test_whoever_speaks_in_whatever_order_and_header_stays_himself(
    said: list[tuple[str, str]],
) -> None:
    connection = Terminals()
    first = {}
    for phone, version in said:
        terminal = connection.sender_of(heartbeat(phone, version))
        assert first.setdefault(phone, terminal) is terminal
        assert (terminal.identity, terminal.version) == (phone, version)
        assert connection.with_phone(phones_of(phone)[version == "2019"]) is terminal
        for known, one in first.items():
            assert connection.with_identity(known) is one
    strangers = {"13800000009", *PHONES} - set(first)
    assert [connection.with_identity(phone) for phone in strangers] == [None] * len(strangers)


def test_the_phone_heard_of_first_is_forgotten_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "MAX_TERMINALS", 2)
    connection = Terminals()
    for phone in PHONES:
        connection.sender_of(heartbeat(phone, "2013"))
    assert [connection.with_identity(phone) is None for phone in PHONES] == [True, False, False]


@pytest.mark.parametrize("others", [0, 1])
def test_a_command_finds_its_terminal_alone_or_among_others(others: int) -> None:
    session = Jt808Session(Register(*PHONES))
    for phone in PHONES[: 1 + others]:
        code = session.directory.issue_code(phone)
        data = encode_frames(0x0102, {"token": code}, phone, 0)
        assert any(isinstance(event, Online) for event in session.receive_data(data, NOW_US))
    assert b"\x83\x00" in session.command(PHONES[0], 1, "text", {"text": "hello"})
    with pytest.raises(ProtocolError, match="not_connected"):
        session.command(PHONES[2], 1, "text", {"text": "hello"})


def test_what_waits_for_an_answer_is_given_back_when_it_is_there() -> None:
    session = Jt808Session(Register(PHONES[0]))
    code = session.directory.issue_code(PHONES[0])
    session.receive_data(encode_frames(0x0102, {"token": code}, PHONES[0], 0), NOW_US)
    idle = _held(session)
    session.command(PHONES[0], 1, "text", {"text": "hello"})
    assert _held(session) > idle
    answer = {"ack_serial": 1, "ack_id": "0x8300", "result": 0}
    session.receive_data(encode_frames(0x0001, answer, PHONES[0], 1), NOW_US)
    packages = encode_frames(0x0704, bytes(1_500), PHONES[0], 2)
    session.receive_data(packages[:-20], NOW_US)
    assert _held(session) > idle
    session.receive_data(packages[-20:], NOW_US)
    assert _held(session) == idle


def _held(session: Jt808Session) -> int:
    """Bytes of the tables that a session and its terminal have made."""
    terminal = session.with_identity(PHONES[0])
    assert terminal is not None
    tables = [
        *(getattr(session, name) for name in ("_assembly", "resending", "long")),
        *(getattr(terminal, name) for name in ("_awaited", "details")),
    ]
    return sum(map(sys.getsizeof, tables))
