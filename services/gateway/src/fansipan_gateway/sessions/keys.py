"""Keys for everything that the gateway seals or signs, all from one secret."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_SHORTEST: Final = 32
_NONCE: Final = 12
_ALGORITHMS: Final = ["dir", "A256GCM"]
_MAX_TOKEN: Final = 4_096


class WeakSecret(ValueError):
    """The secret is too short to derive keys from."""


class Unreadable(Exception):
    """What was encrypted cannot be decrypted: it was made with another secret, or is damaged."""


class Keys:
    """Keys derived by HKDF-SHA256 from FANSIPAN_SESSION_SECRET, one for each purpose.

    Args:
        secret: at least 32 characters, the same in every replica.
        lasting: whether it outlives this process: what is stored may then be encrypted with it.

    Raises:
        WeakSecret: it is shorter.
    """

    def __init__(self, secret: str, *, lasting: bool = True) -> None:
        if len(secret) < _SHORTEST:
            raise WeakSecret(f"give at least {_SHORTEST} random characters (openssl rand -hex 32)")
        self._secret = secret.encode()
        self._csrf = self._derive("csrf")
        self._storage = AESGCM(self._derive("storage"))
        self.lasting = lasting

    @classmethod
    def random(cls) -> "Keys":
        """Keys of this process alone."""
        return cls(secrets.token_hex(32), lasting=False)

    def sealer(self, purpose: str, now: Callable[[], datetime]) -> "Sealer":
        """Seals what a browser keeps for us, for one purpose."""
        return Sealer(self._derive(f"seal {purpose}"), now)

    def csrf_token(self, session_id: str) -> str:
        """The token that state changes in a session carry: it needs no storage, and is good in that session only."""
        digest = hmac.digest(self._csrf, session_id.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Encrypt what is stored (AES-256-GCM); it can be read with the same context only."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._storage.encrypt(nonce, plain, context.encode())

    def decrypt(self, stored: bytes, context: str) -> bytes:
        """What `encrypt` was given.

        Raises:
            Unreadable: another secret, another context, or it was changed.
        """
        try:
            return self._storage.decrypt(stored[:_NONCE], stored[_NONCE:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable("it was encrypted with another secret, or is damaged") from error

    def _derive(self, purpose: str) -> bytes:
        info = f"fansipan gateway: {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._secret)


class Sealer:
    """Makes tokens that only we can read or make: JWE, `dir` with A256GCM, so encrypted and authenticated in one."""

    def __init__(self, key: bytes, now: Callable[[], datetime]) -> None:
        self._key = OctKey.import_key(key)
        self._now = now

    def seal(self, values: Mapping[str, Any], *, until: datetime) -> str:
        """A token that holds `values` and is good until then."""
        payload = json.dumps({"exp": int(until.timestamp()), **values}, ensure_ascii=False).encode()
        return jwe.encrypt_compact(
            {"alg": "dir", "enc": "A256GCM"}, payload, self._key, algorithms=_ALGORITHMS
        )

    def open(self, token: str) -> dict[str, Any] | None:
        """What a token holds; None when it is not ours, was changed, or is over."""
        if not token or len(token) > _MAX_TOKEN:
            return None
        try:
            opened = jwe.decrypt_compact(token, self._key, algorithms=_ALGORITHMS)
            values: dict[str, Any] = json.loads(opened.plaintext or b"")
        except (JoseError, ValueError):
            return None
        return values if values["exp"] > self._now().timestamp() else None
