from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def nothing_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but a test's own."""
    for name in [name for name in os.environ if name.startswith("XUNJI_")]:
        if not name.startswith("XUNJI_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
