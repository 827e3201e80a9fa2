"""What is due by a tick is what asking every state would say."""

from __future__ import annotations

import numpy as np
import pytest

from rules.due_times import DueTimes
from rules.heard import Heard
from rules.state import DeviceState, decode, encode


def first_due_us(state: DeviceState) -> int:
    return int(state.memories.get(1, {}).get("due_us", 1_000))


@pytest.mark.parametrize("seed", range(5))
def test_any_changes_between_ticks_are_seen(seed: int) -> None:
    random = np.random.default_rng(seed)
    asked: list[int] = []

    def ask(state: DeviceState) -> int:
        asked.append(state.last_us)
        return first_due_us(state)

    times, states = DueTimes(ask), dict[int, DeviceState]()
    told = 0
    for tick_us in range(1, 200):
        id_ = int(random.integers(0, 12))
        match random.integers(0, 5):
            case 0:
                states.pop(id_, None)
            case 1 if id_ in states:  # judged anew: another state of the same last fix
                states[id_] = decode(encode(states[id_]))
                states[id_].memories[1] = {"due_us": int(random.integers(0, 250))}
            case 2 | 3:
                state = states.setdefault(id_, DeviceState())
                state.last_us = tick_us
                state.memories[1] = {"due_us": int(random.integers(0, 250))}
        expected = [known for known, state in states.items() if first_due_us(state) <= tick_us]
        assert times.until(states, Heard.of(states).by_state_us, tick_us) == expected
        told += len(expected)
    assert told > 100
    assert len(asked) < 100 * 12


def test_who_was_not_heard_is_not_asked_again() -> None:
    asked: list[int] = []
    times = DueTimes(lambda state: asked.append(state.last_us) or 5)
    states = {id_: DeviceState(last_us=id_) for id_ in (3, 1, 2)}
    assert times.until(states, Heard.of(states).by_state_us, 4) == []
    states[1].last_us = 10
    assert times.until(states, Heard.of(states).by_state_us, 5) == [3, 1, 2]
    assert asked == [3, 1, 2, 10]
