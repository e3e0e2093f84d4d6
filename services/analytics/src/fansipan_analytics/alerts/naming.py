"""What alerts call their subjects.

English names stand beside the Vietnamese ones: areas have one, things and datastreams may bring one as `nameEn`,
agencies and procedures may have been given one.
"""


def english_name(table: str) -> str:
    """SQL for the English name in the properties of a table's row; null when there is none that can be read."""
    name = f"{table}.properties -> 'nameEn'"
    return (
        f"CASE jsonb_typeof({name}) WHEN 'string' THEN nullif(btrim({table}.properties ->> 'nameEn'), '') END"
    )


def pair_name(agency: str, procedure: str) -> str:
    """SQL for the name of an agency, a procedure, or a pair `s` of them; null when neither has one.

    Args:
        agency, procedure: expressions for their names, null where there is none.
    """
    return f"""
        CASE WHEN s.kind = 'agency-procedure' AND ({agency} IS NOT NULL OR {procedure} IS NOT NULL)
             THEN coalesce({agency}, split_part(s.key, '|', 1)) || ' · ' ||
                  coalesce({procedure}, split_part(s.key, '|', 2))
             ELSE coalesce({agency}, {procedure}) END"""
