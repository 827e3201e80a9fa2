"""Log-in codes that terminals have from their makers, as they are stored."""

from __future__ import annotations

import hashlib


def code_hash(code: str) -> str:
    """SHA-256 of a code as hex. Codes are machine-made: no salt would slow a guesser down."""
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()
