"""Commands to a terminal as message bodies. Standard 8.23 (text), 8.54 (photo)."""

from __future__ import annotations

from typing import Any

from protocols.contract import ProtocolError

TEXT, SHOOT = 0x8300, 0x8801
MAX_TEXT_BYTES = 1024
# Flag bits by edition; in 2019 bits 0-1 are a kind: 2 emergency, 3 notice.
_FLAGS_2013 = {"emergency": 1, "display": 1 << 2, "tts": 1 << 3}
_FLAGS_2019 = {"emergency": 2, "display": 1 << 2, "tts": 1 << 3}
_NOTICE_2019 = 3
_TEXT_TYPE_NOTICE = 1
DEFAULT_FLAGS = ("display", "tts")
_VGA, _GOOD_QUALITY = 2, 5
_PICTURE = {"brightness": 128, "contrast": 64, "saturation": 64, "chroma": 128}


def text_values(body: dict[str, Any], version: str) -> dict[str, Any]:
    """Fields of 0x8300 from {"text", "flags"?}. What GBK lacks becomes "?".

    Raises ProtocolError("too_long", "unsupported_command").
    """
    text = str(body.get("text", ""))
    size = len(text.encode("gbk", "replace"))
    if size > MAX_TEXT_BYTES:
        raise ProtocolError("too_long", f"{size} bytes of text, at most {MAX_TEXT_BYTES}")
    names = body.get("flags") or DEFAULT_FLAGS
    table = _FLAGS_2019 if version == "2019" else _FLAGS_2013
    unknown = [name for name in names if name not in table]
    if unknown:
        raise ProtocolError("unsupported_command", f"text flag {unknown[0]!r}")
    flags = sum(table[name] for name in set(names))
    if version != "2019":
        return {"flags": flags, "text": text}
    if "emergency" not in names:
        flags |= _NOTICE_2019
    return {"flags": flags, "text_type": _TEXT_TYPE_NOTICE, "text": text}


def photo_values(body: dict[str, Any], version: str) -> dict[str, Any]:  # noqa: ARG001
    """Fields of 0x8801 from {"channel"?, "shots"?, "resolution"?, "quality"?}: upload at once."""
    return {
        "channel": body.get("channel", 1),
        "command": body.get("shots", 1),
        "interval_s": 0,
        "save": 0,
        "resolution": body.get("resolution", _VGA),
        "quality": body.get("quality", _GOOD_QUALITY),
        **_PICTURE,
    }


COMMANDS = {"text": (TEXT, text_values), "photo": (SHOOT, photo_values)}
