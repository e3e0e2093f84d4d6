"""What a file says of itself: what it holds, under which licence, from whom."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """Who publishes the data, and under which licence (a URI)."""

    publisher: str
    licence: str


@dataclass(frozen=True, slots=True)
class About:
    """Of one file.

    Attributes:
        title: what it holds.
        origin: from whom.
        source: address of the request that made it.
        made_at: when; RFC 3339.
        more: further facts, such as the unit.
    """

    title: str
    origin: Origin
    source: str
    made_at: str
    more: dict[str, str] = field(default_factory=dict)

    def entries(self) -> dict[str, str]:
        """By name, as they stand in a file."""
        return {
            "title": self.title,
            "publisher": self.origin.publisher,
            "licence": self.origin.licence,
            "source": self.source,
            "generatedAt": self.made_at,
            **self.more,
        }
