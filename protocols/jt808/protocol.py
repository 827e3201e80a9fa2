"""JT/T 808 as a registered protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.position import PositionBatch
from protocols.contract import Decoded, Description, Directory
from protocols.jt808 import columns
from protocols.jt808.description import describe
from protocols.jt808.framing import DELIMITER
from protocols.jt808.header import PHONE_BYTES, pack_frames, pack_phone, phone_of, phones_of
from protocols.jt808.messages import encode_body
from protocols.jt808.profiles import PROFILES, STANDARD
from protocols.jt808.session import Jt808Session
from protocols.jt808.signals import Profile
from protocols.registry import register


class Jt808:
    """`speak` says which terminals mean other work signals by their bits than the standard."""

    name = "jt808"
    default_port: int | None = 6808

    def __init__(self) -> None:
        self.profile = PROFILES[STANDARD]  # of terminals that have none of their own
        self._profile_of: dict[bytes, Profile] = {}  # by phone as BCD, in both lengths

    def speak(self, profiles: Mapping[str, Profile]) -> None:
        """From now on these identities have these profiles; the others the standard's."""
        self._profile_of = {
            phone: profile
            for identity, profile in profiles.items()
            for phone in phones_of(identity)
        }

    def profile_of(self, identity: str) -> Profile:
        """What a terminal speaks."""
        version = "2013" if len(identity) <= 2 * PHONE_BYTES["2013"] else "2019"
        return self._profile_of.get(pack_phone(identity, version), self.profile)

    def recognises(self, head: bytes) -> bool | None:
        """A stream that starts with 7E."""
        return head[:1] == DELIMITER if head else None

    def session(self, directory: Directory) -> Jt808Session:
        return Jt808Session(directory)

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        """All positions; the frames of each profile are decoded together."""
        if not self._profile_of:
            return columns.decode_reports(frames, self.profile)
        groups: dict[str, tuple[Profile, list[int]]] = {}
        for place, frame in enumerate(frames):
            profile = self._profile_of.get(phone_of(frame), self.profile)
            groups.setdefault(profile.name, (profile, []))[1].append(place)
        return _in_order(
            [
                (columns.decode_reports([frames[place] for place in places], profile), places)
                for profile, places in groups.values()
            ]
        )

    def describe(self, text: str) -> Description:
        return describe(text, self.profile)


def _in_order(decoded: list[tuple[Decoded, list[int]]]) -> Decoded:
    """Batches of several profiles as one, in the order of their reports."""
    if len(decoded) == 1:
        return decoded[0][0]
    rows = np.concatenate([one.batch.rows for one, _places in decoded])
    report = np.concatenate([np.array(places)[one.report] for one, places in decoded])
    attributes = [text for one, _places in decoded for text in one.batch.attributes]
    bad = {places[i]: error for one, places in decoded for i, error in one.bad.items()}
    order = np.argsort(report, kind="stable")
    batch = PositionBatch(rows[order], [attributes[place] for place in order.tolist()])
    return Decoded(batch, report[order], bad)


def encode_frames(
    message_id: int,
    body: bytes | dict[str, Any],
    phone: str,
    serial: int,
    version: str = "2013",
) -> bytes:
    """A message for the wire, in sub-packages if it is long; body as bytes or by field name."""
    raw = body if isinstance(body, bytes) else encode_body(message_id, body, version)
    frames = pack_frames(
        message_id,
        raw,
        pack_phone(phone, version),
        serial,
        protocol_version=1 if version == "2019" else None,
    )
    return b"".join(frames)


JT808 = Jt808()
register(JT808)
