"""A download that was interrupted is never taken for a finished one."""

from pathlib import Path

import pytest

from fansipan_local.cache import Cache
from fansipan_local.progress import SilentProgress

pytestmark = pytest.mark.unit


def test_an_interrupted_build_leaves_no_entry_and_the_next_one_starts_clean(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")

    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    def complete(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        (folder / "whole").touch()

    with SilentProgress().step("test") as step:
        with pytest.raises(KeyboardInterrupt):
            cache.entry("thing", interrupted, step)
        assert not (tmp_path / "cache" / "thing").exists()
        entry = cache.entry("thing", complete, step)
        assert [file.name for file in entry.iterdir()] == ["whole"]
        assert cache.entry("thing", interrupted, step) == entry
