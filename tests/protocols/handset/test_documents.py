"""What the page says of handset JSON, and its schema, are what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from protocols.handset import (
    HANDSET,
    Fix,
    encode_fixes,
    encode_track,
    schema,
)
from tests.protocols.handset.phone import NOW_MS, ONE

DOCS = Path(__file__).parents[3] / "docs" / "protocols"


def test_bytes_a_fix_are_what_the_page_says() -> None:
    walk = [
        Fix(t=NOW_MS + 10_000 * n, lon=round(121.43253 + 7.1e-5 * n, 6), lat=31.234925, acc=8,
            spd=4.3, crs=90, sat=14) for n in range(60)
    ]  # fmt: skip
    state: dict[str, Any] = {"gnss": "ok", "bat": 83, "net": "5g", "shift": "on"}
    sizes = {
        "1 fix, `fixes`": len(encode_fixes(100, walk[:1], **state)),
        "1 fix, `track`": len(encode_track(100, walk[:1], **state)),
        "60 fixes, `fixes`": len(encode_fixes(100, walk, **state)) / 60,
        "60 fixes, `track`": len(encode_track(100, walk, **state)) / 60,
    }
    page = (DOCS / "handset.md").read_text(encoding="utf-8")
    for name, size in sizes.items():
        assert f"| {name} | {round(size)} |" in page, (name, size)


def test_description() -> None:
    shown = HANDSET.describe(ONE.decode())
    assert shown.message == "fixes"
    assert shown.fields["seq"] == 3
    assert shown.positions[0]["longitude"] == 121.4
    assert json.loads(bytes.fromhex(shown.replies[0])) == {"seq": 3, "ok": True}
    assert HANDSET.describe(ONE.hex()).fields == shown.fields
    refused = HANDSET.describe("rubbish").error
    assert refused is not None
    assert refused.reason == "invalid_json"


def test_published_schema_is_the_one_in_force() -> None:
    published = json.loads((DOCS / "handset.schema.json").read_text(encoding="utf-8"))
    assert published == schema()


def test_examples_of_the_page_are_valid() -> None:
    text = (DOCS / "handset.md").read_text(encoding="utf-8")
    blocks = [block.split("\n```")[0] for block in text.split("```json up\n")[1:]]
    assert len(blocks) >= 4
    for block in blocks:
        assert HANDSET.describe(block).error is None, block
