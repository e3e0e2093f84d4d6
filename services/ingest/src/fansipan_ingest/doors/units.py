"""Units by their UCUM code, as mappings of devices state them."""

from functools import lru_cache
from typing import Final

from fansipan_ingest.domain.registration import Unit, known_units
from fansipan_ingest.doors.fiware.units import CEFACT_UNITS
from fansipan_ingest.doors.lorawan.units import DECODER_UNITS
from fansipan_ingest.doors.senml.units import SENML_UNITS

_NOT_FOR_ALL: Final = frozenset({"lat", "lon", "%", "/", "EL", "%EL", "beats"})
"""Of SenML: names that say more than the unit."""


@lru_cache(maxsize=4096)
def unit_of_ucum(code: str) -> Unit:
    """The unit with the name and symbol that the doors use; one that none of them knows is called by its code."""
    return _by_code().get(code) or Unit(code, code, code)


@lru_cache(maxsize=1)
def _by_code() -> dict[str, Unit]:
    senml = [unit for symbol, unit in SENML_UNITS.items() if symbol not in _NOT_FOR_ALL]
    found: dict[str, Unit] = {}
    for unit in [*known_units(), *CEFACT_UNITS.values(), *DECODER_UNITS.values(), *senml]:
        found.setdefault(unit.ucum, unit)
    return found
