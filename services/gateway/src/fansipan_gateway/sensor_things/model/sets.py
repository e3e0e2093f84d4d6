"""The entity sets. Names of columns are those of the migrations."""

from typing import Final

from fansipan_gateway.sensor_things.model.entity import EntitySet, Kind, Navigation, Property

_ID: Final = Property("id", Kind.NUMBER, "{a}.id")
_NAME: Final = Property("name", Kind.TEXT, "{a}.name")
_DESCRIPTION: Final = Property("description", Kind.TEXT, "{a}.description")
_PROPERTIES: Final = Property("properties", Kind.JSON, "{a}.properties")
_ENCODING: Final = Property("encodingType", Kind.TEXT, "{a}.encoding_type")

# The place of a datastream is where its thing stands.
_OBSERVED_AREA: Final = """(SELECT place.location
  FROM thing_location tl JOIN location place ON place.id = tl.location_id
  WHERE tl.thing_id = {a}.thing_id ORDER BY place.id LIMIT 1)"""
_FIRST: Final = """(SELECT first.phenomenon_time FROM observation first WHERE first.datastream_id = {a}.id
  ORDER BY first.phenomenon_time LIMIT 1)"""
_LAST: Final = "(SELECT last.phenomenon_time FROM latest_observation last WHERE last.datastream_id = {a}.id)"
_UNIT: Final = (
    "jsonb_build_object('name', {a}.unit_name, 'symbol', {a}.unit_symbol, 'definition', {a}.unit_definition)"
)
_QUALITY: Final = "CASE {a}.result_quality WHEN 0 THEN 'good' WHEN 1 THEN 'suspect' WHEN 2 THEN 'bad' END"
_OBSERVATION_ID: Final = (
    "(({a}.datastream_id::bigint << 42) | (extract(epoch FROM {a}.phenomenon_time) * 1000)::bigint)"
)
_FEATURE_OF: Final = """coalesce({p}.feature_id, (SELECT standing.feature_id FROM thing_feature standing
  JOIN datastream measured ON measured.thing_id = standing.thing_id
 WHERE measured.id = {p}.datastream_id AND {p}.phenomenon_time >= standing.since
   AND {p}.phenomenon_time < standing.until))"""
# First the datastreams that may have observed the feature, then which of their observations did.
_OBSERVED_THERE: Final = f"""({{c}}.datastream_id = ANY(ARRAY(
    SELECT measured.id FROM thing_feature standing JOIN datastream measured ON measured.thing_id = standing.thing_id
     WHERE standing.feature_id = {{id}}
    UNION SELECT named.datastream_id FROM datastream_feature named WHERE named.feature_id = {{id}}))
  AND {_FEATURE_OF.replace("{p}", "{c}")} = {{id}})"""

THINGS: Final = EntitySet(
    "Things",
    "Thing",
    "thing",
    "{a}.id",
    (_ID,),
    (_NAME, _DESCRIPTION, _PROPERTIES),
    (
        Navigation(
            "Locations",
            "Locations",
            True,
            "{c}.id IN (SELECT tl.location_id FROM thing_location tl WHERE tl.thing_id = {p}.id)",
        ),
        Navigation("HistoricalLocations", "HistoricalLocations", True, "{c}.thing_id = {p}.id"),
        Navigation("Datastreams", "Datastreams", True, "{c}.thing_id = {p}.id"),
    ),
    "{a}.provider_id = (SELECT owner.id FROM provider owner WHERE owner.key = split_part({key}, '/', 1))"
    " AND {a}.key = substr({key}, strpos({key}, '/') + 1)",
)
LOCATIONS: Final = EntitySet(
    "Locations",
    "Location",
    "location",
    "{a}.id",
    (_ID,),
    (_NAME, _DESCRIPTION, _ENCODING, Property("location", Kind.GEOMETRY, "{a}.location"), _PROPERTIES),
    (
        Navigation(
            "Things",
            "Things",
            True,
            "{c}.id IN (SELECT tl.thing_id FROM thing_location tl WHERE tl.location_id = {p}.id)",
        ),
        Navigation(
            "HistoricalLocations",
            "HistoricalLocations",
            True,
            "{c}.id IN (SELECT hl.historical_location_id FROM historical_location_location hl"
            " WHERE hl.location_id = {p}.id)",
        ),
    ),
)
HISTORICAL_LOCATIONS: Final = EntitySet(
    "HistoricalLocations",
    "HistoricalLocation",
    # Without locations a row only says which feature past observations have.
    "(SELECT h.* FROM historical_location h WHERE EXISTS (SELECT FROM historical_location_location hl"
    " WHERE hl.historical_location_id = h.id))",
    "{a}.id",
    (_ID,),
    (Property("time", Kind.INSTANT, "{a}.time"),),
    (
        Navigation("Thing", "Things", False, "{c}.id = {p}.thing_id"),
        Navigation(
            "Locations",
            "Locations",
            True,
            "{c}.id IN (SELECT hl.location_id FROM historical_location_location hl"
            " WHERE hl.historical_location_id = {p}.id)",
        ),
    ),
)
DATASTREAMS: Final = EntitySet(
    "Datastreams",
    "Datastream",
    "datastream",
    "{a}.id",
    (_ID,),
    (
        _NAME,
        _DESCRIPTION,
        Property("observationType", Kind.TEXT, "{a}.observation_type"),
        Property("unitOfMeasurement", Kind.JSON, _UNIT),
        Property("observedArea", Kind.GEOMETRY, _OBSERVED_AREA, optional=True, nullable=True),
        Property("phenomenonTime", Kind.PERIOD, _FIRST, end=_LAST, optional=True, nullable=True),
        Property(
            "resultTime",
            Kind.PERIOD,
            "NULL::timestamptz",
            end="NULL::timestamptz",
            optional=True,
            nullable=True,
        ),
        _PROPERTIES,
    ),
    (
        Navigation("Thing", "Things", False, "{c}.id = {p}.thing_id"),
        Navigation("Sensor", "Sensors", False, "{c}.id = {p}.sensor_id"),
        Navigation("ObservedProperty", "ObservedProperties", False, "{c}.id = {p}.observed_property_id"),
        Navigation(
            "Observations", "Observations", True, "{c}.datastream_id = {p}.id", "{c}.datastream_id = {id}"
        ),
    ),
    "{a}.key = {key}",
)
SENSORS: Final = EntitySet(
    "Sensors",
    "Sensor",
    "sensor",
    "{a}.id",
    (_ID,),
    (_NAME, _DESCRIPTION, _ENCODING, Property("metadata", Kind.TEXT, "{a}.metadata"), _PROPERTIES),
    (Navigation("Datastreams", "Datastreams", True, "{c}.sensor_id = {p}.id"),),
    "{a}.key = {key}",
)
OBSERVED_PROPERTIES: Final = EntitySet(
    "ObservedProperties",
    "ObservedProperty",
    "observed_property",
    "{a}.id",
    (_ID,),
    (_NAME, Property("definition", Kind.TEXT, "{a}.definition"), _DESCRIPTION, _PROPERTIES),
    (Navigation("Datastreams", "Datastreams", True, "{c}.observed_property_id = {p}.id"),),
    "{a}.key = {key}",
)
OBSERVATIONS: Final = EntitySet(
    "Observations",
    "Observation",
    "observation",
    _OBSERVATION_ID,
    (
        Property("datastream", Kind.NUMBER, "{a}.datastream_id"),
        Property("phenomenonTime", Kind.INSTANT, "{a}.phenomenon_time"),
    ),
    (
        Property("phenomenonTime", Kind.INSTANT, "{a}.phenomenon_time"),
        Property("resultTime", Kind.INSTANT, "{a}.result_time", nullable=True),
        Property(
            "result",
            Kind.JSON,
            "CASE WHEN {a}.result IS NULL THEN {a}.result_json ELSE to_jsonb({a}.result) END",
            number="{a}.result",
            nullable=True,
        ),
        Property("resultQuality", Kind.TEXT, _QUALITY, optional=True, nullable=True),
        Property(
            "validTime",
            Kind.PERIOD,
            "NULL::timestamptz",
            end="NULL::timestamptz",
            optional=True,
            nullable=True,
        ),
        Property("parameters", Kind.JSON, "{a}.parameters", optional=True, nullable=True),
    ),
    (
        Navigation("Datastream", "Datastreams", False, "{c}.id = {p}.datastream_id"),
        Navigation("FeatureOfInterest", "FeaturesOfInterest", False, f"{{c}}.id = {_FEATURE_OF}"),
    ),
)
FEATURES_OF_INTEREST: Final = EntitySet(
    "FeaturesOfInterest",
    "FeatureOfInterest",
    "observed_feature",
    "{a}.id",
    (_ID,),
    (_NAME, _DESCRIPTION, _ENCODING, Property("feature", Kind.GEOMETRY, "{a}.feature"), _PROPERTIES),
    (
        Navigation(
            "Observations",
            "Observations",
            True,
            _OBSERVED_THERE.replace("{id}", "{p}.id"),
            _OBSERVED_THERE,
        ),
    ),
)

NOT_DELETED: Final = (
    "NOT EXISTS (SELECT FROM deleted_datastream gone WHERE gone.datastream_id = {a}.datastream_id)"
)
"""Of an observation: that it is of no datastream that was deleted, and whose series is swept later. What is reached
through a datastream needs not to be asked so."""

SETS: Final = {
    s.name: s
    for s in (
        THINGS,
        LOCATIONS,
        HISTORICAL_LOCATIONS,
        DATASTREAMS,
        SENSORS,
        OBSERVED_PROPERTIES,
        OBSERVATIONS,
        FEATURES_OF_INTEREST,
    )
}


def target_of(navigation: Navigation) -> EntitySet:
    """The entity set that a relation leads to."""
    return SETS[navigation.target]
