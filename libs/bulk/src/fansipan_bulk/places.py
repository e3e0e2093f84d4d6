"""Where the columns of a mapping are in a file."""

import unicodedata
from collections.abc import Sequence

from fansipan_bulk.errors import MappingFault


def place_of(columns: Sequence[str], name: str) -> int:
    """The place of a column, from 0; letters with diacritics are compared as one character each.

    Raises:
        MappingFault: `mapping-column`: there is none of that name.
    """
    wanted = unicodedata.normalize("NFC", name).strip()
    for place, column in enumerate(columns):
        if column == wanted or unicodedata.normalize("NFC", column) == wanted:
            return place
    raise MappingFault(
        "mapping-column", f"the file has no column {name!r}; it has: {', '.join(columns[:50])}"
    )
