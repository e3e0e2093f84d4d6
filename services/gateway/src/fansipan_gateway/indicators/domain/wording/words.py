"""A text in both languages, and numbers in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A text in Vietnamese and English."""

    vi: str
    en: str

    def __add__(self, other: "Words") -> "Words":
        return Words(self.vi + other.vi, self.en + other.en)

    def item(self) -> dict[str, str]:
        """As JSON."""
        return {"vi": self.vi, "en": self.en}


@dataclass(frozen=True, slots=True)
class Counted:
    """What a numerator and a denominator count; None where a formula has none."""

    numerator: Words | None = None
    denominator: Words | None = None


NOTHING = Words("", "")


def number(value: float) -> str:
    """A number without a needless fraction: 50, 0.5."""
    return f"{value:g}"


def scaled(scale: float) -> Words:
    """What a scale other than 1 adds."""
    text = "" if scale == 1 else f" × {number(scale)}"
    return Words(text, text)
