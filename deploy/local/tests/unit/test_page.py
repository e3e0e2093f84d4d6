"""The page is built exactly when a source is newer than the last build."""

import os
from pathlib import Path

import pytest

from fansipan_local.parts.page import Page

pytestmark = pytest.mark.unit


def put(path: Path, time: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time, time))


@pytest.fixture
def web(tmp_path: Path) -> Path:
    put(tmp_path / "package.json", 100)
    put(tmp_path / "src" / "main.ts", 100)
    put(tmp_path / "dist" / "index.html", 200)
    return tmp_path


def page(web: Path) -> Page:
    return Page(web, web / "lock", web / "log")


def test_a_build_newer_than_its_sources_is_kept(web: Path) -> None:
    assert not page(web).is_stale()


def test_an_edited_source_asks_for_a_build_and_for_node(web: Path) -> None:
    put(web / "src" / "deep" / "map.ts", 300)
    assert page(web).is_stale()
    assert [need.package for need in page(web).requirements] == ["nodejs", "npm"]


def test_what_tools_leave_behind_does_not(web: Path) -> None:
    put(web / "node_modules" / "x" / "index.js", 300)
    put(web / "tsconfig.app.tsbuildinfo", 300)
    put(web / "dist" / "assets" / "main.js", 300)
    assert not page(web).is_stale()


def test_a_page_never_built_is_stale_and_a_folder_without_page_is_not(web: Path, tmp_path: Path) -> None:
    (web / "dist" / "index.html").unlink()
    assert page(web).is_stale()
    assert not page(tmp_path / "none").is_stale()
