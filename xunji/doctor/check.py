"""What a look at one thing found, in both languages."""

from __future__ import annotations

from typing import Literal

import msgspec

Language = Literal["zh", "en"]
State = Literal["ok", "note", "warning", "broken"]


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`zh`, `en`: what was found; `mend_zh`, `mend_en`: what to do, empty where nothing is."""

    name: str
    state: State
    zh: str
    en: str
    mend_zh: str = ""
    mend_en: str = ""

    def found(self, language: Language) -> str:
        """What was found, one line."""
        return self.zh if language == "zh" else self.en

    def mend(self, language: Language) -> str:
        """What to do, one line; empty where nothing is."""
        return self.mend_zh if language == "zh" else self.mend_en
