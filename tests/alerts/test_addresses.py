"""Where webhooks may go, and how they are signed."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from alerts.addresses import RefusedAddress, check_url
from alerts.signature import sign, signature_is_right


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
    ],
)
async def test_private_addresses_need_the_setting(url: str) -> None:
    with pytest.raises(RefusedAddress, match="private network"):
        await check_url(url, allow_private=False)
    target = await check_url(url, allow_private=True)
    assert target.pinned.host == target.address


@pytest.mark.parametrize(
    "url",
    [
        "ftp://203.0.113.5/",
        "file:///etc/passwd",
        "http://",
        "//203.0.113.5/",
        "http://user:secret@93.184.215.14/",
        "no url at all",
        "http://no-such-host.invalid/",
        "http://" + "x" * 300 + "/",
    ],
)
async def test_what_is_no_address(url: str) -> None:
    with pytest.raises(RefusedAddress):
        await check_url(url, allow_private=True)


async def test_a_public_address_is_pinned_and_keeps_its_name() -> None:
    target = await check_url("https://93.184.215.14:8443/hook?a=1", allow_private=False)
    assert str(target.pinned) == "https://93.184.215.14:8443/hook?a=1"
    assert target.host == "93.184.215.14:8443"


def test_signature_is_what_the_documentation_says() -> None:
    body = b'{"event":"raised"}'
    expected = hmac.new(b"secret", b'1767225600.{"event":"raised"}', hashlib.sha256).hexdigest()
    assert sign("secret", 1_767_225_600, body) == f"sha256={expected}"
    assert signature_is_right("secret", 1_767_225_600, body, f"sha256={expected}")
    for secret, stamp, other in (
        ("other", 1_767_225_600, body),
        ("secret", 1_767_225_601, body),
        ("secret", 1_767_225_600, body + b" "),
    ):
        assert not signature_is_right(secret, stamp, other, f"sha256={expected}")
