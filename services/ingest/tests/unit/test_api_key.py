"""Where in an `Authorization` header the API key is."""

import base64

import pytest

from fansipan_ingest.api.access import api_key_of

KEY = "fsp_aaaaaaaaaaaa_secret"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {KEY}",
        f"bearer  {KEY} ",
        f"Token {KEY}",
        f"Token user:{KEY}",
        basic(f"user:{KEY}"),
        basic(f":{KEY}"),
    ],
)
def test_it_is_found(header: str):
    assert api_key_of(header) == KEY


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Token", "Basic", "Basic %", basic("user"), "Basic /w==", f"Digest {KEY}", KEY],
)
def test_it_is_missing(header: str):
    assert api_key_of(header) is None
