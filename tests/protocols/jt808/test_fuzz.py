"""Mutated frames: no exception but the protocol's own, and nothing that is kept grows.

`python -m tests.protocols.jt808.fuzz --frames 1000000` does the same for longer.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.jt808 import Jt808Session
from protocols.jt808.columns import decode_reports
from protocols.jt808.files import FilesSession
from tests.protocols.directory import Register
from tests.protocols.jt808.fuzz import SEEDS, Feeder, mended, mutated


def test_mutated_frames_of_every_message() -> None:
    feeder = Feeder(seed=808)
    kept_bytes = []
    for _ in range(2):  # what is loaded and made once is there after the first
        for _ in range(10_000):
            feeder.feed_one()
        kept_bytes.append(feeder.kept_bytes())
    assert feeder.refused > 2_000
    assert feeder.taken > 2_000
    assert kept_bytes[1] - kept_bytes[0] < 10_000_000


@settings(max_examples=40)
@given(st.sampled_from(SEEDS), st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_mutation_is_decoded_or_refused(seed: bytes, chance: object, times: int) -> None:
    data = mended(mutated(seed, chance, times))  # type: ignore[arg-type]
    session = Jt808Session(Register(open=True))
    session.receive_data(data, 0)
    decode_reports([data[1:-1]])
    FilesSession(Register(open=True)).receive_data(data, 0)
