"""The chain of a close: any change is found."""

from dataclasses import replace

import pytest

from fansipan_indicators.chain import GENESIS, ChainCheck, FrozenFigure, canonical, link


def _figure(ordinal: int, value: float | None = 97.3) -> FrozenFigure:
    return FrozenFigure(
        "2026-10", ordinal, "d766-2.1", 1, "abc", "area", "02671", 4, value, "good", 36.0, 37.0, 37, None
    )


def _chain(count: int) -> tuple[list[tuple[FrozenFigure, bytes]], bytes]:
    digest, rows = GENESIS, []
    for ordinal in range(1, count + 1):
        figure = _figure(ordinal, ordinal / 3)
        digest = link(digest, figure)
        rows.append((figure, digest))
    return rows, digest


def _broken(
    rows: list[tuple[FrozenFigure, bytes]], count: int, digest: bytes
) -> tuple[str, int | None] | None:
    check = ChainCheck(GENESIS, GENESIS)
    for figure, stored in rows:
        check.add(figure, stored)
    found = check.end(count, digest)
    return None if found is None else (found.what, found.ordinal)


def test_canonical_text_is_fixed() -> None:
    """Closes of the past are verified by it: it never changes."""
    assert canonical(_figure(1, 0.1 + 0.2)).decode() == (
        '{"band":"good","completeness":null,"definitionDigest":"abc","denominator":"37.0","indicator":"d766-2.1",'
        '"numerator":"36.0","ordinal":1,"period":"2026-10","revision":4,"sampleCount":37,"subjectKey":"02671",'
        '"subjectKind":"area","value":"0.30000000000000004","version":1}'
    )
    assert link(GENESIS, _figure(1)).hex() == (
        "f04834499a45f026cc39cb8f2cff7c52dd0454fbc23e752f6e1c61e2cbf0ac5e"
    )


def test_an_untouched_chain_holds() -> None:
    rows, digest = _chain(5)
    assert _broken(rows, 5, digest) is None


@pytest.mark.parametrize(
    "change",
    [
        {"value": 1.0000000000000002},
        {"value": None},
        {"numerator": 35.0},
        {"denominator": None},
        {"sample_count": 36},
        {"completeness": 0.5},
        {"band": None},
        {"revision": 5},
        {"subject_key": "02647"},
        {"subject_kind": "agency"},
        {"definition_digest": "abd"},
        {"version": 2},
        {"key": "d766-2.2"},
        {"period": "2026-09"},
    ],
)
def test_any_changed_member_is_found(change: dict[str, object]) -> None:
    rows, digest = _chain(5)
    figure, stored = rows[2]
    rows[2] = (replace(figure, **change), stored)  # type: ignore[arg-type]
    assert _broken(rows, 5, digest) == ("changed-row", 3)


def test_a_row_with_a_digest_made_for_it_breaks_the_next() -> None:
    rows, digest = _chain(5)
    forged = replace(rows[2][0], value=100.0)
    rows[2] = (forged, link(rows[1][1], forged))
    assert _broken(rows, 5, digest) == ("changed-row", 4)


def test_removed_and_added_rows_are_found() -> None:
    rows, digest = _chain(5)
    assert _broken(rows[:2] + rows[3:], 5, digest) == ("missing-row", 3)
    assert _broken(rows[:4], 5, digest) == ("missing-row", 5)
    extra = _figure(6)
    assert _broken([*rows, (extra, link(digest, extra))], 5, digest) == ("added-row", 6)
    before = _figure(0)
    assert _broken([(before, link(GENESIS, before)), *rows], 5, digest) == ("added-row", 0)


def test_a_forged_end_or_beginning_is_found() -> None:
    rows, digest = _chain(3)
    assert _broken(rows, 3, bytes(31) + b"x") == ("changed-end", None)
    check = ChainCheck(GENESIS, digest)
    broken = check.end(0, GENESIS)
    assert broken is not None
    assert broken.what == "previous-close"
