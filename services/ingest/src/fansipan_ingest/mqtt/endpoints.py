"""`PUT /v1/mqtt/access`: let the key of the request publish and subscribe at the MQTT broker."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from fansipan_common.api_keys import Principal
from fansipan_common.errors import Unauthorized
from fansipan_common.problems import problem_responses
from fansipan_common.security import split_api_key
from fansipan_ingest.api.access import Authenticate
from fansipan_ingest.mqtt.access import AccessKeeper

SensorThings = Annotated[
    bool,
    Query(
        alias="sensorThings",
        description="Also name the topics of SensorThings of each datastream there is now: `v1.1/Datastreams(id)/…`.",
    ),
]
Subscribe = Annotated[
    bool, Query(description="Also let it subscribe to what it may read; the key needs the scope `read`.")
]


class MqttAccessAnswer(BaseModel):
    """MQTT user name, password (the API key itself), and topic filters to publish and to subscribe to."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "username": "k3v9x2m4q7ab",
                    "password": "the API key",
                    "topics": ["fansipan/demo/#"],
                    "subscriptions": ["v1.1/#", "live/#"],
                }
            ]
        },
    )

    username: str
    password: str = "the API key"  # noqa: S105 - says which
    topics: list[str]
    subscriptions: list[str]


def mqtt_access_router(keeper: AccessKeeper, authenticate: Authenticate) -> APIRouter:
    """The door at which a key becomes a user of the broker."""
    router = APIRouter(tags=["mqtt"])

    @router.put(
        "/v1/mqtt/access",
        summary="Let this API key publish and subscribe by MQTT",
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def grant_mqtt_access(
        request: Request,
        principal: Annotated[Principal, Depends(authenticate)],
        sensor_things: SensorThings = False,
        subscribe: Subscribe = False,
    ) -> MqttAccessAnswer:
        key = request.headers.get("authorization", "").partition(" ")[2].strip()
        if split_api_key(key) is None:
            raise Unauthorized("send the API key itself: Authorization: Bearer fsp_…")
        access = await keeper.grant(principal, key, sensor_things=sensor_things, subscribe=subscribe)
        return MqttAccessAnswer(
            username=access.username, topics=access.topics, subscriptions=access.subscriptions
        )

    return router
