"""A client that has the answer already is told so."""

from fastapi import Request

from fansipan_gateway.api.conditional import etag_of, matches, respond


def _request(if_none_match: str | None = None) -> Request:
    headers = [] if if_none_match is None else [(b"if-none-match", if_none_match.encode())]
    return Request({"type": "http", "headers": headers})


def test_the_tag_depends_on_every_byte() -> None:
    assert etag_of(b"a") == etag_of(b"a")
    assert etag_of(b"a") != etag_of(b"b")


def test_comparison_is_weak_and_reads_lists() -> None:
    etag = etag_of(b"a")
    strong = etag.removeprefix("W/")
    assert matches(etag, etag)
    assert matches(strong, etag)
    assert matches(f'"other", {etag}', etag)
    assert matches("*", etag)
    assert not matches('"other"', etag)
    assert not matches(None, etag)


def test_first_answer_then_304() -> None:
    first = respond(_request(), b"{}", public=False)
    assert (first.status_code, first.body) == (200, b"{}")
    again = respond(_request(first.headers["etag"]), b"{}", public=False)
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert respond(_request(first.headers["etag"]), b"[]", public=False).status_code == 200


def test_only_open_data_may_be_kept_by_shared_caches() -> None:
    assert respond(_request(), b"", public=False, max_age=9).headers["cache-control"] == "private, max-age=9"
    assert respond(_request(), b"", public=True).headers["cache-control"] == "public, no-cache"
    assert respond(_request(), b"", public=True).headers["vary"] == "Authorization, Cookie"
