"""Which part of the data a reader sees."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Visibility:
    """All data, or that of one provider, or of some of its datastreams.

    Attributes:
        provider_id: the only provider whose data is seen; None: everybody's.
        prefixes: beginnings of the datastream keys that are seen; empty: all of the provider's.
    """

    provider_id: int | None = None
    prefixes: tuple[str, ...] = ()

    def shows(self, provider_id: int, datastream_key: str) -> bool:
        """Whether a datastream is seen."""
        return self.provider_id is None or (
            self.provider_id == provider_id
            and (not self.prefixes or datastream_key.startswith(self.prefixes))
        )

    @property
    def prefix_list(self) -> list[str] | None:
        """The prefixes as a query parameter; None when they restrict nothing."""
        return list(self.prefixes) or None


EVERYTHING: Final = Visibility()
"""What operators see, and everybody where reading is open."""
