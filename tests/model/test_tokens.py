"""Tokens: what is shown, what is stored, and that Mosquitto stores the same."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from model.tokens import check_token, encryption_key, new_token, token_hash


def test_a_token_fits_its_hash_alone() -> None:
    token, other = new_token(), new_token()
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", token)
    stored = token_hash(token)
    assert token not in stored
    assert check_token(token, stored)
    assert not check_token(other, stored)
    assert not check_token("", stored)
    assert not check_token(token * 100, token_hash(token * 100))
    assert token_hash(token) != stored


def test_keys_differ_by_server_protocol_and_identity() -> None:
    cases = {(b"s", "owntracks", "a/b"), (b"t", "owntracks", "a/b"), (b"s", "owntracks", "a/c")}
    keys = {encryption_key(*case) for case in cases}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)


@pytest.mark.mosquitto
def test_the_hash_is_mosquittos_own(tmp_path: Path) -> None:
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("mosquitto_passwd is not installed")
    file = tmp_path / "passwords"
    subprocess.run([program, "-b", "-c", str(file), "7", "tell-nobody"], check=True)
    _, stored = file.read_text().strip().split(":")
    assert check_token("tell-nobody", stored)
    assert not check_token("tell-somebody", stored)
