"""Finding an entity by its id or its key."""

from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.comparisons import split


def identified(entities: EntitySet, alias: str, wanted: int | str, binding: Binding) -> str | None:
    """That a row has an id or a key; None: none has."""
    if isinstance(wanted, str):
        if not entities.key:
            return None
        return entities.key.format(a=alias, key=binding.add(wanted.replace("\0", "\ufffd"), "text"))
    return _identified(entities, alias, wanted, binding)


def _identified(entities: EntitySet, alias: str, wanted: int, binding: Binding) -> str | None:
    if entities is OBSERVATIONS:
        if not 0 < wanted < 1 << 63:
            return None
        datastream, moment = split(wanted)
        first, second = (part.sql.format(a=alias) for part in entities.order)
        return (
            f"{first} = {binding.add(datastream, 'int')} AND {second} = {binding.add(moment, 'timestamptz')}"
        )
    if not 0 < wanted < 1 << 31:
        return None
    return f"{entities.id.format(a=alias)} = {binding.add(wanted, 'int')}"
