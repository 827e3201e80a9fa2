"""Links and the online table tell the same story, whoever comes, goes and moves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.carrying import Carrying
from gateway.online import Key, OnlineTable
from protocols.contract import KnownDevice

WHO = ("1", "2", "3")
_STEPS = st.tuples(st.sampled_from(("enter", "heard", "leave", "leave_all")), st.booleans())


class Line(Carrying):
    """A link that sends nothing."""

    peer, _name = "nowhere", "jt808"

    def __init__(self, online: OnlineTable) -> None:
        super().__init__()
        self._desk: Any = SimpleNamespace(online=online)

    def send_command(self, *_: object) -> None:
        raise AssertionError


@given(st.lists(st.tuples(st.sampled_from(WHO), _STEPS)))
def test_a_terminal_is_carried_by_the_link_it_was_heard_on_last(
    said: list[tuple[str, tuple[str, bool]]],
) -> None:
    online = OnlineTable()
    lines = Line(online), Line(online)
    expected: dict[str, Line] = {}
    for now_us, (identity, (what, second)) in enumerate(said):
        line = lines[second]
        _step(line, what, identity, now_us)
        if what == "leave_all":
            expected = {one: carrier for one, carrier in expected.items() if carrier is not line}
        elif what == "leave":
            if expected.get(identity) is line:
                del expected[identity]
        else:
            expected[identity] = line
            terminal = online.of_device(int(identity))
            assert terminal is not None
            assert terminal.last_us == now_us
        assert {terminal.identity: terminal.link for terminal in online} == expected
        assert len(online) == len(expected)
        assert [one.carries_none for one in lines] == [
            one not in expected.values() for one in lines
        ]


def _step(line: Line, what: str, identity: str, now_us: int) -> None:
    if what == "leave_all":
        line.leave_all()
    elif what == "leave":
        line.leave(identity)
    else:
        getattr(line, what)(identity, KnownDevice(int(identity), 1), now_us)


def test_a_lone_terminal_needs_no_table() -> None:
    line = Line(OnlineTable())
    for step in ("enter", "heard", "enter"):
        _step(line, step, "1", 5)
    assert line._by_identity is None
    key: Key = ("jt808", "1")
    line.moved(key)
    assert line.carries_none
