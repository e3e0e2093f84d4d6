"""English names beside the Vietnamese ones: areas have one, things and datastreams may bring one as `nameEn`."""


def english_name(table: str) -> str:
    """SQL for the English name in the properties of a table's row; null when there is none that can be read."""
    name = f"{table}.properties -> 'nameEn'"
    return (
        f"CASE jsonb_typeof({name}) WHEN 'string' THEN nullif(btrim({table}.properties ->> 'nameEn'), '') END"
    )
