"""Each message comes back from its bytes: decode(encode(x)) == x."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protocols.contract import ProtocolError
from protocols.jt808 import MESSAGES, decode_body, encode_body
from protocols.jt808.fields import (
    Digits,
    Group,
    MessageId,
    Number,
    Numbers,
    Raw,
    SizedText,
    Text,
    When,
)
from protocols.jt808.fields import Time as TimeField
from protocols.jt808.framing import unwrap
from protocols.jt808.header import pack_frames, pack_phone, parse_header
from protocols.jt808.location import (
    LOCATION,
    BasicLocation,
    LocationItems,
    NestedLocation,
    decode_location,
)
from protocols.jt808.media import MEDIA_BYTES, Data
from protocols.jt808.messages import message_name
from protocols.jt808.messages.m0107_attributes import _closes
from protocols.jt808.parameters import PARAMETERS, TEXT_IDS
from tests.protocols.jt808.locations import bodies

# GBK without padding characters at the ends.
letters = st.text("abcXYZ019沪渣土车_-", min_size=1, max_size=5)
digits = st.integers(0, 9)
times = st.datetimes().map(lambda t: f"20{t:%y-%m-%d %H:%M:%S}")
parameters = st.dictionaries(st.integers(0, 0xFFFF), st.integers(0, 255), max_size=5).map(
    lambda pairs: {f"0x{key:04X}": str(n) if key in TEXT_IDS else n for key, n in pairs.items()}
)
locations = bodies().map(decode_location)
basic_locations = bodies().map(lambda body: decode_location(body[:28]))


def values_of(field: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Values that a field may have, by name."""
    if isinstance(field, When):
        return values_of(field.field)
    if isinstance(field, Group):
        items = st.lists(values_of_all(field.fields), max_size=4)
        if field.count_bytes:
            return items.map(lambda rows: {"count": len(rows), field.name: rows})
        return items.map(lambda rows: {field.name: rows})
    if isinstance(field, Numbers):
        numbers = st.lists(st.integers(0, 256**field.size - 1), max_size=4)
        return numbers.map(lambda found: {"count": len(found), field.name: found})
    if field is PARAMETERS:
        return parameters.map(lambda found: {"count": len(found), "params": found})
    if field is LOCATION:
        return locations
    if isinstance(field, Data):
        return st.binary(max_size=60).map(medium)
    if not hasattr(field, "name"):  # 0x0107 says which of its two sizes the maker has
        return st.just({"maker_id_length": field.size})
    return single(field).map(lambda value: {field.name: value})


def medium(data: bytes) -> dict[str, Any]:
    """The three values that a medium's bytes show as."""
    raw = data.hex()
    return {"data_length": len(data), "data_head": raw[:64], "data": raw}


def single(field: Any) -> st.SearchStrategy[Any]:
    kinds: list[tuple[type, Any]] = [
        (Number, lambda: st.integers(0, 256**field.size - 1).map(
            lambda n: n / 10**field.decimals if field.decimals else n)),
        (MessageId, lambda: st.integers(0, 0xFFFF).map(lambda n: f"0x{n:04X}")),
        (TimeField, lambda: times),
        (Digits, lambda: st.lists(digits, min_size=2 * field.size, max_size=2 * field.size).map(
            lambda found: "".join(map(str, found)))),
        (Text, lambda: letters.filter(
            lambda text: field.size is None or len(text.encode("gbk")) <= field.size)),
        (SizedText, lambda: letters),
        (Raw, lambda: st.binary(max_size=9).map(bytes.hex)),
        (NestedLocation, lambda: locations),
        (BasicLocation, lambda: basic_locations),
        (LocationItems, lambda: st.lists(locations, min_size=1, max_size=3)),
    ]  # fmt: skip
    return next(make() for kind, make in kinds if isinstance(field, kind))


def values_of_all(fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*map(values_of, fields)).map(merged)


def merged(parts: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


editions = [
    pytest.param(message_id, version, id=f"{message_id:04x}-{version}")
    for message_id, message in MESSAGES.items()
    for version in message.layouts
    # known by their size or their first bytes alone: below
    if (message_id, version) not in ((0x0201, "2011"), (0x0801, "2011"))
]


@pytest.mark.parametrize(("message_id", "version"), editions)
@settings(max_examples=20)
@given(st.data())
def test_round_trip(message_id: int, version: str, data: st.DataObject) -> None:
    values = data.draw(values_of_all(MESSAGES[message_id].fields(version)))
    body = encode_body(message_id, values, version)
    # A body that closes as 5 bytes of maker too is read so, as the text says.
    assume(version != "2019/11" or not _closes(body, 5))
    header_version = version[:4].replace("2011", "2013")
    assert decode_body(message_id, body, header_version) == values


def test_location_answer_of_2011_has_no_serial() -> None:
    body = bytes(22) + bytes.fromhex("110102030405")
    assert decode_body(0x0201, body, "2013")["location"]["time"] == "2011-01-02 03:04:05"


@given(st.binary(max_size=60))
def test_a_photo_of_2011_has_no_location(rest: bytes) -> None:
    data = b"\xff\xd8" + rest
    values = dict.fromkeys(("media_id", "media_type", "format", "event", "channel"), 1)
    values |= medium(data)
    body = encode_body(0x0801, values, "2011")
    assert len(body) == MEDIA_BYTES + len(data)
    assert decode_body(0x0801, body, "2013") == values


versions = st.sampled_from(["2013", "2019"])


@given(st.sampled_from(sorted(MESSAGES)), st.binary(max_size=200), versions)
def test_any_body_is_decoded_or_refused(message_id: int, body: bytes, version: str) -> None:
    try:
        outcome = type(decode_body(message_id, body, version)).__name__
    except ProtocolError as error:
        outcome = error.reason
    assert outcome in ("dict", "body_short")


@given(
    st.integers(0, 0xFFFF),
    st.binary(max_size=3_000),
    st.text("0123456789abcdef", min_size=1, max_size=12),
    st.integers(0, 0xFFFF),
    st.sampled_from([None, 1, 2]),
)
def test_frames_round_trip(
    message_id: int, body: bytes, phone: str, serial: int, protocol_version: int | None
) -> None:
    version = "2013" if protocol_version is None else "2019"
    frames = pack_frames(
        message_id, body, pack_phone(phone, version), serial, protocol_version=protocol_version
    )
    joined = b""
    for index, data in enumerate(frames):
        frame = unwrap(data[1:-1])
        header = parse_header(frame)
        assert (header.message_id, header.version) == (message_id, version)
        assert (header.identity, header.length_holds) == (phone.lstrip("0"), True)
        assert header.serial == (serial + index) & 0xFFFF
        package = (len(frames), index + 1) if len(frames) > 1 else (0, 0)
        assert (header.package_total, header.package_index) == package
        joined += frame[header.body_at : -1]
    assert joined == body


def test_what_has_no_layout_is_hex() -> None:
    assert decode_body(0x0F01, b"\1\2", "2013") == {"raw": "0102"}
    assert encode_body(0x0F01, {"raw": "0102"}, "2013") == b"\1\2"
    assert message_name(0x0F01) == "unknown"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"ack_serial": 1}, "missing_field"),
        ({"ack_serial": 65_536, "ack_id": "0x0001", "result": 0}, "out_of_range"),
    ],
)
def test_unfit_values_are_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        encode_body(0x0001, values, "2013")
    assert raised.value.reason == reason


def test_a_phone_that_is_no_digits() -> None:
    with pytest.raises(ProtocolError, match="phone"):
        pack_phone("13800-1380", "2013")
