"""API keys: random, of one form, and checked against a digest only."""

from collections.abc import Callable

import pytest

from fansipan_common.security import generate_api_key, hash_secret, secret_matches, split_api_key


def test_a_key_matches_its_own_digest_only():
    one, other = generate_api_key(), generate_api_key()
    parts = split_api_key(one.text)
    assert parts is not None
    key_id, secret = parts
    assert key_id == one.id
    assert secret_matches(secret, one.secret_hash)
    assert not secret_matches(secret, other.secret_hash)
    assert not secret_matches(secret[:-1], one.secret_hash)
    assert secret not in repr(one.secret_hash)
    assert len(hash_secret(secret)) == 32
    assert one.text != other.text


DAMAGE: dict[str, Callable[[str], str]] = {
    "cut": lambda text: text[:-1],
    "longer": lambda text: text + "x",
    "upper": str.upper,
    "newline": lambda text: text + "\n",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_key_is_none(damage: str):
    assert split_api_key(DAMAGE[damage](generate_api_key().text)) is None


@pytest.mark.parametrize(
    "text", ["", "fsp_", "Bearer x", "fsp_abcdefghijkl_", "fsp_ABCDEFGHIJKL_" + "a" * 43]
)
def test_other_text_is_no_key(text: str):
    assert split_api_key(text) is None
