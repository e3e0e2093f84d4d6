"""What clients write of each entity set: properties, and the relations it cannot be without."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fansipan_gateway.sensor_things.model import sets
from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.writing import values
from fansipan_gateway.sensor_things.writing.values import Field


@dataclass(frozen=True, slots=True)
class Form:
    """An entity set as it is written.

    Attributes:
        entities: the set.
        table: where its rows are.
        fields: its properties; those that others compute are not among them and are passed over.
        needs: relations that it cannot be without.
        keyed: whether its entities have keys.
        word: what its entities are called in the audit trail.
    """

    entities: EntitySet
    table: str
    fields: tuple[Field, ...]
    needs: tuple[str, ...] = ()
    keyed: bool = False
    word: str = ""
    by_name: Mapping[str, Field] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.fields})


_DESCRIPTION: Final = values.text("description", "description")

FORMS: Final[Mapping[str, Form]] = {
    form.entities.name: form
    for form in (
        Form(
            sets.THINGS,
            "thing",
            (values.name(), _DESCRIPTION, values.properties()),
            keyed=True,
            word="thing",
        ),
        Form(
            sets.LOCATIONS,
            "location",
            (
                values.name(),
                _DESCRIPTION,
                values.encoding(),
                values.geometry("location"),
                values.properties(),
            ),
            word="location",
        ),
        Form(
            sets.HISTORICAL_LOCATIONS,
            "historical_location",
            (values.time(),),
            ("Thing", "Locations"),
            word="historical-location",
        ),
        Form(
            sets.DATASTREAMS,
            "datastream",
            (
                values.name(),
                _DESCRIPTION,
                values.text("observationType", "observation_type", most=500, empty=False),
                values.unit(),
                values.properties(),
            ),
            ("Thing", "Sensor", "ObservedProperty"),
            keyed=True,
            word="datastream",
        ),
        Form(
            sets.SENSORS,
            "sensor",
            (
                values.name(),
                _DESCRIPTION,
                values.text("encodingType", "encoding_type", most=500, empty=False),
                values.text("metadata", "metadata"),
                values.properties(),
            ),
            keyed=True,
            word="sensor",
        ),
        Form(
            sets.OBSERVED_PROPERTIES,
            "observed_property",
            (
                values.name(),
                values.text("definition", "definition", most=2_000),
                _DESCRIPTION,
                values.properties(),
            ),
            keyed=True,
            word="observed-property",
        ),
        Form(
            sets.FEATURES_OF_INTEREST,
            "feature_of_interest",
            (
                values.name(),
                _DESCRIPTION,
                values.encoding(),
                values.geometry("feature"),
                values.properties(),
            ),
            word="feature-of-interest",
        ),
    )
}
"""Of all sets but Observations, which are no rows of the registry."""

# (parent, relation to several) -> the relation that leads back to the parent.
BACK: Final[Mapping[tuple[str, str], str]] = {
    ("Things", "Locations"): "Things",
    ("Things", "Datastreams"): "Thing",
    ("Things", "HistoricalLocations"): "Thing",
    ("Locations", "Things"): "Locations",
    ("Locations", "HistoricalLocations"): "Locations",
    ("HistoricalLocations", "Locations"): "HistoricalLocations",
    ("Datastreams", "Observations"): "Datastream",
    ("Sensors", "Datastreams"): "Sensor",
    ("ObservedProperties", "Datastreams"): "ObservedProperty",
    ("FeaturesOfInterest", "Observations"): "FeatureOfInterest",
}
