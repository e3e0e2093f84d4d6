"""What a reader sees of each entity set: the rules of docs/api/visibility.md."""

from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.planner.binding import Binding


class Seen:
    """Conditions that hold rows to what a reader sees; a reader who sees all gets none."""

    def __init__(self, visibility: Visibility, binding: Binding) -> None:
        self._provider = (
            None if visibility.provider_id is None else binding.add(visibility.provider_id, "int")
        )
        self._prefixes = (
            None if visibility.prefix_list is None else binding.add(visibility.prefix_list, "text[]")
        )
        self._areas = None if visibility.area_list is None else binding.add(visibility.area_list, "text[]")

    @property
    def everything(self) -> bool:
        """Whether nothing is hidden."""
        return self._provider is None and self._prefixes is None and self._areas is None

    def condition(self, entities: EntitySet, alias: str) -> str | None:
        """That the row `alias` is seen; None: all are."""
        if self.everything:
            return None
        thing, datastream = self._thing, self._datastream
        own = (
            ""
            if self._provider is None or self._prefixes is not None
            else f" OR {alias}.provider_id = {self._provider}"
        )
        match entities.name:
            case "Things":
                return thing(alias)
            case "Datastreams":
                return datastream(alias)
            case "Observations":
                return f"{alias}.datastream_id IN (SELECT sd.id FROM datastream sd WHERE {datastream('sd')})"
            case "Sensors":
                return (
                    f"(EXISTS (SELECT FROM datastream sd WHERE sd.sensor_id = {alias}.id"
                    f" AND {datastream('sd')}){own})"
                )
            case "ObservedProperties":
                return (
                    f"(EXISTS (SELECT FROM datastream sd WHERE sd.observed_property_id = {alias}.id"
                    f" AND {datastream('sd')}){own})"
                )
            case "HistoricalLocations":
                return f"{alias}.thing_id IN (SELECT st.id FROM thing st WHERE {thing('st')})"
            case "Locations":
                return f"({self._location(alias + '.id')}{own})"
            case "FeaturesOfInterest":
                return f"({self._location(alias + '.location_id')}{own})"
            case _:
                raise LookupError(entities.name)

    def _location(self, location: str) -> str:
        return f"""({location} IN (
            SELECT tl.location_id FROM thing_location tl JOIN thing st ON st.id = tl.thing_id WHERE {self._thing("st")})
         OR {location} IN (
            SELECT hl.location_id FROM historical_location_location hl
              JOIN historical_location h ON h.id = hl.historical_location_id
              JOIN thing st ON st.id = h.thing_id WHERE {self._thing("st")}))"""

    def _thing(self, alias: str) -> str:
        conditions = self._place(alias)
        if self._prefixes is not None:
            conditions.append(
                f"EXISTS (SELECT FROM datastream pd WHERE pd.thing_id = {alias}.id AND pd.key ^@ ANY({self._prefixes}))"
            )
        return " AND ".join(conditions)

    def _datastream(self, alias: str) -> str:
        conditions: list[str] = []
        if place := self._place("pt"):
            conditions.append(
                f"EXISTS (SELECT FROM thing pt WHERE pt.id = {alias}.thing_id AND {' AND '.join(place)})"
            )
        if self._prefixes is not None:
            conditions.append(f"{alias}.key ^@ ANY({self._prefixes})")
        return " AND ".join(conditions)

    def _place(self, alias: str) -> list[str]:
        conditions: list[str] = []
        if self._provider is not None:
            conditions.append(f"{alias}.provider_id = {self._provider}")
        if self._areas is not None:
            conditions.append(f"{alias}.area_code = ANY({self._areas})")
        return conditions
