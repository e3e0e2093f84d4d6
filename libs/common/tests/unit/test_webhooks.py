"""Webhooks: signatures that the reference library takes, derived secrets, and addresses that may not be reached."""

from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from fansipan_common.settings import SettingsError
from fansipan_common.webhooks import RootKeys, address_fault, is_reachable, signature

OLD, NEW = "o" * 40, "n" * 40


def test_the_reference_library_takes_the_signature_and_no_other_body():
    roots = RootKeys.of(SecretStr(NEW))
    secret = roots.secret(str(roots.newest), "abc", 1)
    assert secret is not None
    assert secret.startswith("whsec_")
    now = int(datetime.now(UTC).timestamp())
    body = '{"chào": 1}'.encode()
    headers = {
        "webhook-id": "msg_7",
        "webhook-timestamp": str(now),
        "webhook-signature": signature(secret, "msg_7", now, body),
    }
    assert Webhook(secret).verify(body, headers) == {"chào": 1}
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(body + b" ", headers)


def test_every_webhook_and_every_number_has_its_own_secret():
    roots = RootKeys.of(SecretStr(NEW))
    root = str(roots.newest)
    secrets = {roots.secret(root, webhook, version) for webhook in ("a", "b") for version in (1, 2)}
    assert len(secrets) == 4
    assert roots.secret(root, "a", 1) in secrets


def test_secrets_outlive_a_change_of_the_root_key_and_end_with_it():
    before, both, after = (RootKeys.of(SecretStr(text)) for text in (OLD, f"{NEW} {OLD}", NEW))
    root = str(before.newest)
    assert both.newest == after.newest
    assert both.secret(root, "a", 1) == before.secret(root, "a", 1)
    assert after.secret(root, "a", 1) is None
    assert RootKeys.of(None).newest is None
    with pytest.raises(SettingsError, match="32"):
        RootKeys.of(SecretStr("short"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ],
)
def test_what_is_not_public_is_not_reached(address: str):
    assert not is_reachable(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_reached(address: str):
    assert is_reachable(address, ())


def test_a_private_network_is_reached_when_it_is_allowed_and_no_other():
    allowed = (ip_network("10.1.0.0/16"),)
    assert is_reachable("10.1.2.3", allowed)
    assert is_reachable("::ffff:10.1.2.3", allowed)
    assert not is_reachable("10.2.2.3", allowed)
    assert not is_reachable("::1", allowed)


@pytest.mark.parametrize(
    ("url", "allow_http", "is_taken"),
    [
        ("https://example.vn/hook?x=1", False, True),
        ("http://example.vn/", False, False),
        ("http://example.vn:8080/", True, True),
        ("ftp://example.vn/", True, False),
        ("https:///hook", False, False),
        ("https://user:secret@example.vn/", False, False),
        ("https://example.vn:99999/", False, False),
        ("https://example.vn/#x", False, False),
        ("https://[::1/", False, False),
    ],
)
def test_the_form_of_an_address(url: str, allow_http: bool, is_taken: bool):
    assert (address_fault(url, allow_http=allow_http) is None) == is_taken
