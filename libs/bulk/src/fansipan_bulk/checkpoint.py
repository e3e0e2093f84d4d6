"""Where an import is, so that it goes on there after it was killed."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from fansipan_bulk.errors import FileFault, ImportHalted
from fansipan_bulk.mapping import Mapping
from fansipan_bulk.sources.lines import PIECE
from fansipan_bulk.totals import Totals

_VERSION: Final = 1
_SAMPLES: Final = 64
_SAMPLE_BYTES: Final = 64 * 1024


@dataclass(slots=True)
class Position:
    """Everything before this is in Kafka and counted.

    Attributes:
        totals: with the number of blocks.
        error_bytes, error_rows: how far the error file was written.
    """

    totals: Totals
    error_bytes: int = 0
    error_rows: int = 0


class Checkpoint:
    """A small JSON file beside the imported one, replaced in one step.

    Args:
        path: where it is.
        fingerprint: of the file, the mapping and the provider, by `fingerprint`.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self._fingerprint = fingerprint

    def load(self) -> Position | None:
        """Where to go on; None when there is no checkpoint.

        Raises:
            ImportHalted: `import-changed`: it is of another file or mapping, or cannot be read.
        """
        try:
            kept = orjson.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, orjson.JSONDecodeError) as error:
            raise self._of_another(f"cannot be read ({error})") from None
        try:
            if kept["version"] != _VERSION or kept["fingerprint"] != self._fingerprint:
                raise self._of_another("is of another content or mapping")
            return Position(Totals.restored(kept["totals"]), int(kept["errorBytes"]), int(kept["errorRows"]))
        except (KeyError, TypeError, ValueError) as error:
            raise self._of_another(f"cannot be understood ({error!r})") from None

    def save(self, position: Position) -> None:
        """Put a position in the place of the one before; both are never gone. Raises `FileFault`."""
        kept: dict[str, Any] = {
            "version": _VERSION,
            "fingerprint": self._fingerprint,
            "totals": position.totals.kept(),
            "errorBytes": position.error_bytes,
            "errorRows": position.error_rows,
        }
        new = self.path.with_name(self.path.name + ".new")
        try:
            with new.open("wb") as file:
                file.write(orjson.dumps(kept))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            raise FileFault(
                "file-checkpoint", f"the checkpoint {self.path} cannot be written: {error.strerror}"
            ) from None

    def remove(self) -> None:
        """There is nothing to go on with."""
        self.path.unlink(missing_ok=True)

    def _of_another(self, what: str) -> ImportHalted:
        return ImportHalted(
            "import-changed",
            f"the checkpoint {self.path} {what}: begin anew (--restart), nothing is stored twice",
        )


def fingerprint(path: Path, mapping: Mapping, provider: str | None) -> str:
    """Stands for a file, its mapping and provider.

    Of the file its size, its first and last 64 KiB and 62 pieces between go into it, so that a file of any size takes
    milliseconds; a change inside that keeps the size may be overlooked.
    """
    digest = hashlib.blake2b(digest_size=20)
    document = mapping.model_dump(mode="json", by_alias=True)
    digest.update(json.dumps([document, provider, PIECE], sort_keys=True).encode())
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest.update(str(size).encode())
            for place in sorted(
                {max(0, size - _SAMPLE_BYTES) * n // (_SAMPLES - 1) for n in range(_SAMPLES)}
            ):
                file.seek(place)
                digest.update(file.read(_SAMPLE_BYTES))
    except OSError as error:
        raise FileFault("file-unreadable", f"{path} cannot be read: {error.strerror}") from None
    return digest.hexdigest()
