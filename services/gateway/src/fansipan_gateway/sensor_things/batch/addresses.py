"""Addresses of the requests in a batch, which all stay below the service's root."""

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from fansipan_gateway.sensor_things.batch.domain import BadPart
from fansipan_gateway.sensor_things.routing import ROOT

_SAFE: Final = "$(),;=/'*:@!~%&?+-._"
_VERSION: Final = "/v1.1/"  # as the examples of the standard have it
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)


def target_of(url: str, root: str) -> tuple[str, str]:
    """Path below the root of the service (percent-decoded, without a slash in front) and query of an address.

    Args:
        url: absolute, from the root of the host, or relative to the root of the service.
        root: address of the service.

    Raises:
        BadPart: it leads elsewhere, or nowhere.
    """
    address, _, query = url.partition("?")
    prefix = urlsplit(root).path
    if _ABSOLUTE.match(address):
        if not f"{address}/".startswith(f"{root}/"):
            raise BadPart(f"only addresses below {root} are answered in a batch")
        address = address.removeprefix(root)
    elif address.startswith("/"):
        known = next(
            (each for each in (f"{prefix}/", f"{ROOT}/", _VERSION) if f"{address}/".startswith(each)), None
        )
        if known is None:
            raise BadPart(f"an address is relative to {root}, as Things(1), or begins with {prefix}/")
        address = f"{address}/".removeprefix(known).rstrip("/")
    try:
        path = unquote(address, errors="strict").strip("/")
    except UnicodeDecodeError as error:
        raise BadPart("the address is not UTF-8, percent-encoded") from error
    if any(segment in ("..", ".") for segment in path.split("/")) or "#" in url:
        raise BadPart("an address has neither .. nor #")
    if path.startswith("$batch"):
        raise BadPart("a batch has no other batch inside")
    return path, quote(query, safe=_SAFE)
