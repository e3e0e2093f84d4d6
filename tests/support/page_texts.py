"""The page's own texts, read from its sources."""

import functools
import re
from pathlib import Path
from typing import Final

_SOURCES: Final = Path(__file__).parents[2] / "services" / "gateway" / "web" / "src" / "i18n"
# One member of a dictionary: `name: 'text',`, on one line or two.
_MEMBER: Final = re.compile(
    r"^  '?([\w.-]+)'?:\s+(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"),$", re.MULTILINE
)
_DICTIONARY: Final = re.compile(
    r"const (\w*)(vi|en)\b[^{]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL | re.IGNORECASE
)


def texts(language: str) -> dict[str, str]:
    """All texts of the interface in `vi` or `en`, by name."""
    return {
        name: single or double
        for source in sorted(_SOURCES.glob("*essages.ts"))
        for _, spoken, body in _DICTIONARY.findall(source.read_text(encoding="utf-8"))
        if spoken.lower() == language
        for name, single, double in _MEMBER.findall(body)
    }


@functools.cache
def vietnamese_texts() -> frozenset[str]:
    """What the interface says in Vietnamese and in no other language; texts with something filled in are left out."""
    vietnamese, english = texts("vi"), texts("en")
    if vietnamese.keys() != english.keys() or len(vietnamese) < 300:
        raise AssertionError("the texts of the page could not be read")
    del vietnamese["decision766"]  # a law is called by its own name in every language
    return frozenset(text for text in vietnamese.values() if "{" not in text) - frozenset(english.values())
