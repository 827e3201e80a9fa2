"""Frames from the wild in ../shared/vectors, when that folder lies beside the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from protocols.contract import Bad, Online, Report, Send, Told
from protocols.jt808 import JT808, MESSAGES, Jt808Session, decode_body
from tests.protocols.directory import Register

VECTORS = Path(__file__).parents[4] / "shared" / "vectors"
SKIP = "../shared/vectors not found: frames from the wild not run"

# Quirks whose expectation we do not share, and why.
OTHERWISE = {
    "jt808-8104-2013-408": "the same bytes are jt808-issue-17: a 2019 header without its flag",
}


def load(name: str) -> list[dict[str, Any]]:
    path = VECTORS / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def differences(expected: Any, got: Any, where: str = "") -> list[str]:
    """Where `got` lacks or contradicts what `expected` says; more keys are fine."""
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return [f"{where}: {got!r} is no object"]
        pairs = (
            (value, got.get(key, "absent"), f"{where}.{key}") for key, value in expected.items()
        )
        return [text for pair in pairs for text in differences(*pair)]
    if isinstance(expected, list):
        if not isinstance(got, list) or len(expected) != len(got):
            return [f"{where}: {expected!r} != {got!r}"]
        pairs = (
            (a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(expected, got, strict=True))
        )
        return [text for pair in pairs for text in differences(*pair)]
    if isinstance(expected, float) and isinstance(got, int | float):
        return [] if abs(expected - got) < 1e-9 else [f"{where}: {expected} != {got}"]
    return [] if expected == got else [f"{where}: {expected!r} != {got!r}"]


def has_layout(vector: dict[str, Any]) -> bool:
    """Whether we decode it; what is expected as hex needs no layout."""
    plain = {"raw", "fragment_length", "encrypted_length"} & set(vector["expect"]["body"])
    return bool(plain) or int(vector["msg_id"], 16) in MESSAGES


def decoded(vector: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Fields, and the reason of a refusal."""
    if vector["kind"] == "frame":
        shown = JT808.describe(vector["hex"])
        return shown.fields, shown.error.reason if shown.error else None
    body = bytes.fromhex(vector["hex"] if vector["kind"] == "body" else vector["body_hex"])
    return {"body": decode_body(int(vector["msg_id"], 16), body, vector["version"])}, None


ALL = load("jt808.json")
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason=SKIP)


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector["id"])
def test_frame_decodes_as_expected(vector: dict[str, Any]) -> None:
    fields, refused = decoded(vector)
    assert not differences(vector["expect"], fields)
    assert refused is None or (refused == "coordinates" and vector.get("lat_out_of_range"))


def test_every_message_of_the_wild_has_a_layout() -> None:
    assert not [vector["id"] for vector in ALL if not has_layout(vector)]


@pytest.mark.parametrize("vector", load("jt808_bad.json"), ids=lambda vector: vector["id"])
def test_damaged_frame_is_refused_with_a_reason(vector: dict[str, Any]) -> None:
    shown = JT808.describe(vector["hex"])
    assert shown.error is not None
    assert shown.error.reason in ("checksum", "too_long")
    session = Jt808Session(Register(open=True))
    events = session.receive_data(bytes.fromhex(vector["hex"]), 0)
    assert not [event for event in events if isinstance(event, Report | Send)]
    assert [event for event in events if isinstance(event, Bad)]


@pytest.mark.parametrize("vector", load("jt808_quirks.json"), ids=lambda vector: vector["id"])
def test_odd_frame_never_crashes(vector: dict[str, Any]) -> None:
    Jt808Session(Register(open=True)).receive_data(bytes.fromhex(vector["hex"]), 0)
    shown = JT808.describe(vector["hex"])
    wrong = differences(vector.get("expect", {}), shown.fields)
    assert bool(wrong) == (vector["id"] in OTHERWISE), wrong


@pytest.mark.parametrize(
    "vector", [v for v in ALL if v["kind"] == "multi"], ids=lambda vector: vector["id"]
)
def test_sub_packages_of_a_register_are_joined(vector: dict[str, Any]) -> None:
    session = Jt808Session(Register(open=True))
    frames = [bytes.fromhex(frame) for frame in vector["frames"]]
    early = [event for frame in frames[:-1] for event in session.receive_data(frame, 0)]
    last = session.receive_data(frames[-1], 0)
    assert not early, "answered before it was whole"
    assert last
    assert all(isinstance(event, Send | Online | Told | Bad) for event in last)


@pytest.mark.parametrize("dialogue", load("jt808_sessions.json"), ids=lambda d: d["id"])
def test_recorded_dialogue_gets_its_answers(dialogue: dict[str, Any]) -> None:
    """We answer every frame that the recorded platform answered with the same acknowledgement."""
    phones = {s["header"]["phone"] for s in dialogue["steps"] if "header" in s}
    session = Jt808Session(Register(*phones, open=True))
    answered: list[dict[str, Any]] = []
    for step in dialogue["steps"]:
        if step["dir"] != "up" or "stream" in step:
            continue
        for event in session.receive_data(bytes.fromhex(step["hex"]), 0):
            assert not isinstance(event, Bad), event
            data = event.data if isinstance(event, Send) else b""
            data = session.acknowledge(event, None) if isinstance(event, Report) else data
            if data:
                answered.append(JT808.describe(data.hex()).fields["body"])
    expected = [
        s["body"]
        for s in dialogue["steps"]
        if s["dir"] == "down" and s["header"]["msg_id"] == "0x8001"
    ]
    ours = {(a["ack_serial"], a["ack_id"]): a["result"] for a in answered}
    for acknowledgement in expected:
        key = acknowledgement["ack_serial"], acknowledgement["ack_id"]
        attachment = int(acknowledgement["ack_id"], 16) in (0x1210, 0x1211, 0x1212)
        assert ours[key] == (3 if attachment else acknowledgement["result"])
