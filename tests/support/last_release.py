"""The code of the last release, taken from the history of this repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

COMMIT: Final = "c422bfa510313c5d46724fdb6b36f39f2994fd6f"
"""What the last release is made of; its schema is `fansipan_common.schema_additions.LAST_RELEASE`."""

_ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = (
    "libs/common/src",
    "libs/indicators/src",
    "db/src",
    "services/ingest/src",
    "services/analytics/src",
    "services/gateway/src",
)


class LastRelease:
    """Old code in a folder of its own, run with the packages of now (which its ranges allow)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which `python -m fansipan_…` is the old one."""
        return {
            "PYTHONPATH": os.pathsep.join(str(self._folder / package) for package in _PACKAGES),
            "FANSIPAN_CATALOGUE": str(self._folder / "catalogue"),
        }

    def migrate(self, url: str) -> str:
        """Make its schema, with the administrative units; returns the revision."""
        script = (
            "import sys; from pathlib import Path; from fansipan_db import load_areas, migrate;"
            " print(migrate(sys.argv[1])); load_areas(sys.argv[1], Path(sys.argv[2]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, url, str(self._folder / "catalogue")],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()


def last_release(into: Path) -> LastRelease:
    """Unpack the last release into a folder; skips the test where the history does not reach back to it."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("the code of the last release is taken from the history, and there is no git")
    known = subprocess.run(
        [git, "-C", str(_ROOT), "cat-file", "-e", f"{COMMIT}^{{commit}}"],
        capture_output=True,
        timeout=30,
        check=False,
    )
    if known.returncode != 0:
        pytest.skip(f"the history does not reach back to the last release ({COMMIT[:7]}): fetch it all")
    packed = into / "release.tar"
    subprocess.run(
        [git, "-C", str(_ROOT), "archive", "-o", str(packed), COMMIT, "catalogue", *_PACKAGES],
        timeout=60,
        check=True,
    )
    shutil.unpack_archive(packed, into, filter="data")
    packed.unlink()
    return LastRelease(into)
