"""Which form of the catalogue a client wants, by its Accept header (RFC 9110 §12.5.1)."""

from enum import StrEnum
from typing import Final

from fansipan_common.errors import ClientFault


class NotAcceptable(ClientFault):
    """No form that the client accepts."""

    status, code, title = 406, "not-acceptable", "Not acceptable"


class CatalogueForm(StrEnum):
    """Forms of the catalogue."""

    JSON_LD = "jsonld"
    TURTLE = "turtle"


MEDIA_TYPES: Final = {
    CatalogueForm.JSON_LD: "application/ld+json",
    CatalogueForm.TURTLE: "text/turtle; charset=utf-8",
}
_FORMS: Final = {
    "application/ld+json": CatalogueForm.JSON_LD,
    "application/json": CatalogueForm.JSON_LD,
    "application/*": CatalogueForm.JSON_LD,
    "*/*": CatalogueForm.JSON_LD,
    "text/turtle": CatalogueForm.TURTLE,
    "application/x-turtle": CatalogueForm.TURTLE,
    "text/*": CatalogueForm.TURTLE,
}
_MOST: Final = 50


def form_for(accept: str | None) -> CatalogueForm:
    """The form that an Accept header likes best; JSON-LD without one, and where it likes several equally.

    Raises:
        NotAcceptable: it takes neither.
    """
    if accept is None or not accept.strip():
        return CatalogueForm.JSON_LD
    liked: dict[CatalogueForm, tuple[int, float]] = {}
    for item in accept.split(",")[:_MOST]:
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        form = _FORMS.get(media_range)
        if form is None:
            continue
        exact = 0 if "*" in media_range else 1
        if (exact, 0.0) >= liked.get(form, (0, 0.0)):
            liked[form] = max(liked.get(form, (0, 0.0)), (exact, _quality(parameters)))
    wanted = {form: (quality, exact) for form, (exact, quality) in liked.items() if quality > 0}
    if not wanted:
        raise NotAcceptable("the catalogue comes as application/ld+json or text/turtle")
    return max(CatalogueForm, key=lambda form: wanted.get(form, (-1.0, 0)))


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
