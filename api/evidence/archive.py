"""A pack as a zip file that stands alone: what was hashed, the page, photos and frames."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from api.evidence.page import page, photo_name
from api.times import iso_us
from storage.evidence import Pack
from storage.media import MediaStore

_READ_ME = """\
evidence.json  the frozen evidence, canonical JSON (RFC 8785): its SHA-256 is in seal.json
seal.json      place in the chain, SHA-256 of this pack and of the one before
zh.html        the same to read, in Chinese; en.html in English
photos/        pictures, each named by its SHA-256
frames/        raw frames as they were received, named by time

Check: sha256sum evidence.json. The server checks the whole chain with xunji evidence verify, and
makes the finding again from this pack alone with xunji evidence replay.
"""


def archive(pack: Pack, media: MediaStore) -> bytes:
    """The zip file; the same pack gives the same bytes."""
    content = pack.read()
    seal = {**content["chain"], "sha256": pack.sha256, "made_at": iso_us(pack.made_us)}
    files: dict[str, bytes] = {
        "evidence.json": pack.content,
        "seal.json": json.dumps(seal, indent=1).encode(),
        "zh.html": page(pack, "zh").encode(),
        "en.html": page(pack, "en").encode(),
        "README.txt": _READ_ME.encode(),
        **_photos(content, media),
        **_frames(content),
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _photos(content: dict[str, Any], media: MediaStore) -> dict[str, bytes]:
    found = {}
    for photo in content.get("photos", ()):
        data = media.get(photo["sha256"])
        if data is not None:  # what is gone, `verify` tells
            found[f"photos/{photo_name(photo)}"] = data
    return found


def _frames(content: dict[str, Any]) -> dict[str, bytes]:
    frames: list[dict[str, Any]] = content.get("raw_frames") or content["frames"]
    return {
        f"frames/{place:04d}-{frame['time'].replace(':', '')}-{frame['protocol']}.bin": (
            bytes.fromhex(frame["hex"])
        )
        for place, frame in enumerate(frames)
    }
