"""What the page says by codes of the services, it says of each code and with the same values."""

import re

from tests.support.page_texts import texts

from fansipan_bulk.remarks import TEXTS

_VALUES = re.compile(r"\{(\w+)\}")


def test_the_page_has_every_remark_on_files_in_both_languages() -> None:
    wanted = {f"import.remark.{code}": {*_VALUES.findall(text)} for code, text in TEXTS.items()}
    for language in ("vi", "en"):
        said = texts(language)
        remarks = {name: {*_VALUES.findall(said[name])} for name in said if name.startswith("import.remark.")}
        assert remarks == wanted, language
