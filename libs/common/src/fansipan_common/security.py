"""API keys: `fsp_<id>_<secret>`, a random 256-bit secret that is shown once and stored as a SHA-256 digest.

A slow password hash is for low-entropy secrets; against 256 random bits a plain digest is as strong and costs
microseconds instead of a tenth of a second a request.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_PATTERN: Final = re.compile(r"fsp_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_ID_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class Scope(StrEnum):
    """What a key may do: read, send, and manage its provider (keys of no more rights than it has, usage, webhooks)."""

    READ = "read"
    WRITE = "write"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key that was just made; `text` is not kept anywhere."""

    id: str
    text: str
    secret_hash: bytes


def generate_api_key() -> NewApiKey:
    """Make a key from 256 random bits."""
    key_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    return NewApiKey(key_id, f"fsp_{key_id}_{secret}", hash_secret(secret))


def split_api_key(text: str) -> tuple[str, str] | None:
    """Return (id, secret), or None when `text` has not the form of a key."""
    match = _PATTERN.fullmatch(text)
    return None if match is None else (match[1], match[2])


def hash_secret(secret: str) -> bytes:
    """SHA-256 of a secret, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def secret_matches(secret: str, secret_hash: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_secret(secret), secret_hash)
