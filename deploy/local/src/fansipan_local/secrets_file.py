"""Random credentials of one stack, kept in its state so that every `up` uses the same."""

import json
import secrets
from pathlib import Path

from fansipan_local.env_file import write_private
from fansipan_local.errors import StackError


class SecretsFile:
    """A small private JSON file of named secrets.

    Args:
        path: the file; made at the first secret, mode 0600.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none yet."""
        return self._read().get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a secret that somebody else made."""
        write_private(self._path, json.dumps({**self._read(), name: value}, indent=1))

    def random(self, name: str) -> str:
        """The secret, made up at the first call: 192 bits in characters that need no quoting anywhere."""
        known = self.get(name)
        if known is None:
            known = secrets.token_hex(24)
            self.put(name, known)
        return known

    def _read(self) -> dict[str, str]:
        if not self._path.is_file():
            return {}
        try:
            return dict(json.loads(self._path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise StackError(f"{self._path} is damaged: {error}.", "Run `clean` and start afresh.") from error
