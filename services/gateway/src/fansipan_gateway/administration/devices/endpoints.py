"""`/v1/admin/devices`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.administration.devices.domain import DeviceFilter
from fansipan_gateway.administration.devices.schemas import (
    ApplicationQuery,
    Device,
    DeviceBody,
    DeviceKeyPath,
    DeviceList,
    DeviceParameters,
    DoorPath,
)
from fansipan_gateway.administration.devices.service import DevicePlace, Devices
from fansipan_gateway.administration.schemas import ProviderPath
from fansipan_gateway.administration.versions import IfMatch


def devices_router(devices: Devices, admins: ReadAccess) -> APIRouter:
    """The door to mappings of devices, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/devices",
        summary="What is known of devices, measurements and metrics",
        response_model=DeviceList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_devices(
        request: Request,
        parameters: Annotated[DeviceParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """In the order in which they were made; several filters must all fit."""
        wanted = DeviceFilter(parameters.provider, parameters.door, parameters.q)
        page = await devices.list(wanted, limit=parameters.limit, cursor=parameters.cursor)
        return answer_page(request, page)

    @router.put(
        "/v1/admin/devices/{provider}/{door}/{key:path}",
        summary="Say which thing a device is, and what its values are called",
        response_model=Device,
        responses=problem_responses(400, 401, 403, 404, 412, 422, 429, 503),
    )
    async def put_device(
        request: Request,
        provider: ProviderPath,
        door: DoorPath,
        key: DeviceKeyPath,
        body: DeviceBody,
        admin: Annotated[Reader, Depends(admins)],
        application: ApplicationQuery = "",
        if_match: IfMatch = None,
    ) -> Response:
        """Says all of it: what is left out is as without a mapping afterwards. Ingest follows within a second; what is
        stored already stays where it is.

        With `If-Match` it is refused when somebody changed it meanwhile.
        """
        place = DevicePlace(provider, door, application, key)
        said = body.model_dump(by_alias=True)
        return answer(await devices.put(place, said, if_match, actor_of(request, admin)))

    @router.delete(
        "/v1/admin/devices/{provider}/{door}/{key:path}",
        summary="Forget what is known of a device",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 412, 422, 429, 503),
    )
    async def delete_device(
        request: Request,
        provider: ProviderPath,
        door: DoorPath,
        key: DeviceKeyPath,
        admin: Annotated[Reader, Depends(admins)],
        application: ApplicationQuery = "",
        if_match: IfMatch = None,
    ) -> Response:
        """It names itself again. What it has sent stays."""
        await devices.delete(
            DevicePlace(provider, door, application, key), if_match, actor_of(request, admin)
        )
        return Response(status_code=204)

    return router
