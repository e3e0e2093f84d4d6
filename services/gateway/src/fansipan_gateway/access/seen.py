"""Conditions that hold a query to what a reader sees; all values are bound.

Who sees all gets queries without them where these are asked often: with them the server would plan a query anew each
time.
"""

from typing import Any

from fansipan_gateway.domain.visibility import Visibility


def subject_arguments(visibility: Visibility) -> tuple[Any, ...]:
    """The five parameters of `subject_seen` and `figure_seen`."""
    return (
        visibility.sees_all_figures,
        list(visibility.areas),
        list(visibility.agencies),
        visibility.own_provider_id,
        list(visibility.own_prefixes) or None,
    )


def subject_seen(subject: str, first: int) -> str:
    """That all is seen of a row of `indicator_subject`, also what is not public.

    Args:
        subject: its alias.
        first: number of the first of the five parameters.
    """
    everything, areas, agencies, provider, prefixes = (f"${first + i}" for i in range(5))
    return f"""({everything}::boolean
    OR ({subject}.kind IN ('area', 'area-procedure') AND {subject}.owner = ANY({areas}::text[]))
    OR ({subject}.kind IN ('agency', 'agency-procedure') AND {subject}.owner = ANY({agencies}::text[]))
    OR ({subject}.kind = 'thing' AND {subject}.key IN (
        SELECT sp.key || '/' || st.key FROM thing st JOIN provider sp ON sp.id = st.provider_id
         WHERE st.area_code = ANY({areas}::text[])
            OR (st.provider_id = {provider}::int
                AND ({prefixes}::text[] IS NULL OR sp.key || '/' || st.key || '/' ^@ ANY({prefixes}::text[]))))))"""


def figure_seen(definition: str, subject: str, first: int) -> str:
    """That figures of a definition (by id) and a subject (by id) are seen: the indicator is public, or the subject is
    the reader's.

    Args:
        definition, subject: expressions for their ids.
        first: number of the first of the five parameters.
    """
    return f"""(${first}::boolean
    OR {definition} IN (SELECT sd.id FROM indicator_definition sd
                         WHERE sd.key IN (SELECT key FROM public_indicators() AS key))
    OR {subject} IN (SELECT ss.id FROM indicator_subject ss WHERE {subject_seen("ss", first)}))"""
