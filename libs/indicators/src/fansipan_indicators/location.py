"""Where the catalogue is: given, or found upward from the working directory and from this package."""

from pathlib import Path
from typing import Final

_PROOF: Final = "calendars"


class NoCatalogue(Exception):
    """There is no catalogue where it was said to be, or none was found; the text says what to set."""


def catalogue_folder(given: Path | None = None) -> Path:
    """The folder `catalogue`, known by its folder `calendars`.

    Args:
        given: the folder itself; None in a source tree, where it is found.

    Raises:
        NoCatalogue: it is not there.
    """
    if given is not None:
        if not (given / _PROOF).is_dir():
            raise NoCatalogue(f"{given} is no catalogue (it lacks {_PROOF}/): correct FANSIPAN_CATALOGUE")
        return given
    starts = [Path.cwd(), Path(__file__).resolve().parent]
    for start in starts:
        for folder in [start, *start.parents]:
            if (folder / "catalogue" / _PROOF).is_dir():
                return folder / "catalogue"
    raise NoCatalogue(f"no catalogue/{_PROOF} above {starts[0]}: give its folder in FANSIPAN_CATALOGUE")
