"""The real public data that tests run on: what the repository ships, or the whole files where they are at hand.

`FANSIPAN_REAL_DATA` names a folder with the whole files, laid out and named as here:

- `public_services/boston_311_2011_07_11.csv.gz`, `air_quality/beijing_10_stations_hourly.csv.gz` and
  `air_quality/hanoi_us_embassy_pm25_hourly.csv.gz`: `demo/README.md` says where they come from;
- `public_services/wabo_permit_receipt_events.csv.gz`: J.C.A.M. Buijs, *Receipt phase of an environmental permit
  application process (WABO), CoSeLoG project*, 4TU.ResearchData (2014),
  doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6. Its licence does not let us ship it.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

DEMO = Path(__file__).parents[2] / "demo" / "data"
VARIABLE = "FANSIPAN_REAL_DATA"


def whole(file: str) -> Path | None:
    """A whole file, by its path in the folder; None when no folder is named.

    Raises:
        FileNotFoundError: a folder is named, but it lacks the file: nothing is left out in silence.
    """
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    path = Path(folder) / file
    if not path.is_file():
        raise FileNotFoundError(f"{VARIABLE} is {folder}, but there is no {file} in it")
    return path


def patience(shipped: float, at_hand: float) -> float:
    """The time limit of a test in seconds: of what is shipped, or of the whole files."""
    return at_hand if os.environ.get(VARIABLE) else shipped


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a gzipped CSV file with a header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
