"""Arrow, for a type checker: pyarrow has no types of its own, so what comes from it is Any."""

from typing import Any, Final

import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

Array = Any
"""A `pyarrow.Array`: n cells of one type, some of which may be null."""

pa: Final[Any] = pyarrow
pc: Final[Any] = pyarrow.compute
pa_csv: Final[Any] = pyarrow.csv
pq: Final[Any] = pyarrow.parquet
