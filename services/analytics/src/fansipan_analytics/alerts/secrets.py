"""Secrets of receivers, by the name that the catalogue gives."""

from collections.abc import Mapping
from pathlib import Path

from fansipan_common.settings import SettingsError


def secret_of(environment: Mapping[str, str], name: str) -> str | None:
    """The value of NAME, or the content of the file that NAME_FILE names; None when neither is set.

    Raises:
        SettingsError: the file cannot be read.
    """
    path = environment.get(f"{name}_FILE")
    if not path:
        return environment.get(name) or None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {error}") from error
