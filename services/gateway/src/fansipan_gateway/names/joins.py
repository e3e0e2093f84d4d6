"""Joins that give the subjects of a query their names: many at once, in the query itself."""

from typing import Final

_FIRST: Final = "split_part({key}, '|', 1)"
_SECOND: Final = "split_part({key}, '|', 2)"
_JOINS: Final = f"""
  LEFT JOIN area n_area ON n_area.code = CASE WHEN {{kind}} IN ('area', 'area-procedure') THEN {_FIRST} END
  LEFT JOIN provider n_provider ON {{kind}} = 'thing' AND n_provider.key = split_part({{key}}, '/', 1)
  LEFT JOIN thing n_thing
    ON n_thing.provider_id = n_provider.id AND n_thing.key = substr({{key}}, strpos({{key}}, '/') + 1)
  LEFT JOIN agency n_agency
    ON n_agency.key = CASE WHEN {{kind}} IN ('agency', 'agency-procedure') THEN {_FIRST} END
  LEFT JOIN administrative_procedure n_procedure
    ON n_procedure.key = CASE WHEN {{kind}} = 'procedure' THEN {{key}}
                              WHEN {{kind}} IN ('agency-procedure', 'area-procedure') THEN {_SECOND} END
"""
# Of a pair of which one has no name, its key stands for it; without any name there is none.
_NAME: Final = f"""
CASE {{kind}}
    WHEN 'area-procedure' THEN {{area}} || ' · ' || coalesce({{procedure}}, {_SECOND})
    WHEN 'agency-procedure'
    THEN CASE WHEN n_agency.key IS NOT NULL OR n_procedure.key IS NOT NULL
              THEN coalesce({{agency}}, {_FIRST}) || ' · ' || coalesce({{procedure}}, {_SECOND}) END
    ELSE coalesce({{area}}, {{thing}}, {{agency}}, {{procedure}})
END"""


def name_joins(kind: str, key: str) -> str:
    """The joins behind FROM: `n_area`, `n_thing`, `n_agency` and `n_procedure`, each where there is such.

    Args:
        kind, key: expressions for the kind and key of a subject, as `indicator_subject` has them.
    """
    return _JOINS.format(kind=kind, key=key)


def subject_name(kind: str, key: str) -> str:
    """The name in Vietnamese; NULL where none is known."""
    return _NAME.format(
        kind=kind,
        key=key,
        area="n_area.full_name",
        thing="n_thing.name",
        agency="n_agency.name",
        procedure="n_procedure.name",
    )


def subject_name_en(kind: str, key: str) -> str:
    """The name in English, else in Vietnamese; NULL where none is known."""
    return _NAME.format(
        kind=kind,
        key=key,
        area="n_area.full_name_en",
        thing="coalesce(n_thing.properties ->> 'nameEn', n_thing.name)",
        agency="coalesce(n_agency.name_en, n_agency.name)",
        procedure="coalesce(n_procedure.name_en, n_procedure.name)",
    )
