"""What has no part that is of one commune or agency only: administration, dead letters."""

from fastapi import Request

from fansipan_common.errors import Forbidden
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess


def whole_province(access: ReadAccess) -> ReadAccess:
    """The dependency `access`, for operators without limits; others are answered 403."""

    async def unlimited(request: Request) -> Reader:
        reader = await access(request)
        if reader.visibility.limited:
            raise Forbidden("this needs an operator who is not limited to areas or agencies")
        return reader

    return unlimited
