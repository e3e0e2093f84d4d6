"""Who writes."""

from dataclasses import dataclass

from fansipan_gateway.domain.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a provider through a key with scope `write`.

    Attributes:
        provider_id: id of the row in `provider`.
        provider_key: first part of the keys of what it makes.
        key_id: the public part of the API key.
        prefixes: beginnings of the datastream keys that this key may touch; empty: all of the provider.
    """

    provider_id: int
    provider_key: str
    key_id: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """A writer with what one request brings along.

    Attributes:
        writer: on whose behalf.
        visibility: what the key sees, and so may name.
        reads: whether it has the scope `read`, too: else answers show nothing but the address.
        client: address the request came from.
    """

    writer: Writer
    visibility: Visibility
    reads: bool
    client: str
