"""Who may write, and what: what their provider made, as far as their key reaches."""

from typing import Final

from starlette.requests import Request

from fansipan_common.api_keys import ApiKeys
from fansipan_common.errors import Forbidden, Unauthorized
from fansipan_common.security import Scope
from fansipan_gateway.access.domain import CHALLENGE, LoginNeeded, UserPassword, parse_authorization
from fansipan_gateway.access.identification import client_of
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.sensor_things.model.entity import EntitySet
from fansipan_gateway.sensor_things.model.sets import OBSERVED_PROPERTIES
from fansipan_gateway.sensor_things.planner.resources import Step
from fansipan_gateway.sensor_things.writing.bodies import Link
from fansipan_gateway.sensor_things.writing.faults import NoSuchEntity, NotYours
from fansipan_gateway.sensor_things.writing.repository import WritingSession
from fansipan_gateway.sensor_things.writing.writer import Author, Writer

_KEY_PREFIX: Final = "fsp_"
_OWN: Final = frozenset({"Things", "Datastreams", "HistoricalLocations"})
"""Sets whose entities are linked by their provider only."""


class WriteAccess:
    """Finds out who writes.

    Args:
        api_keys: of providers.
        anonymous_read: whether everybody reads everything.
    """

    def __init__(self, api_keys: ApiKeys, *, anonymous_read: bool) -> None:
        self._api_keys = api_keys
        self._anonymous_read = anonymous_read

    async def __call__(self, request: Request) -> Author:
        """The author of a request.

        Raises:
            LoginNeeded: no API key, or one that is not good.
            Forbidden: an operator, or a key without the scope `write`.
            ServerFault: it cannot be decided now.
        """
        try:
            return await self._author(request)
        except LoginNeeded as error:
            if "sec-fetch-site" not in request.headers:
                error.headers["WWW-Authenticate"] = CHALLENGE
            raise

    async def _author(self, request: Request) -> Author:
        header = request.headers.get("authorization")
        if header is None:
            raise LoginNeeded(
                "who writes sends an API key with the scope 'write': as password of HTTP Basic, or as Bearer token"
            )
        credential = parse_authorization(header)
        text = credential.password if isinstance(credential, UserPassword) else credential.token
        if not text.startswith(_KEY_PREFIX) and isinstance(credential, UserPassword):
            raise Forbidden("entities are written with a provider's API key, not with an operator's password")
        try:
            principal = await self._api_keys.authenticate(text)
        except Unauthorized as error:
            raise LoginNeeded(error.detail) from error
        principal.require(Scope.WRITE)
        provider_id, prefixes = principal.provider_id, principal.datastream_prefixes
        return Author(
            Writer(provider_id, principal.provider_key, principal.key_id, prefixes),
            Visibility(
                provider_id=None if self._anonymous_read else provider_id,
                prefixes=() if self._anonymous_read else prefixes,
                internal=False,
                own_provider_id=provider_id,
                own_prefixes=prefixes,
            ),
            reads=self._anonymous_read or Scope.READ in principal.scopes,
            client=client_of(request.scope),
        )


class Ownership:
    """Finds what a request names, and says whether its author may touch it.

    Args:
        session: the transaction.
    """

    def __init__(self, session: WritingSession) -> None:
        self._session = session
        self._writer = session.author.writer
        self._linked: dict[tuple[str, int | str, bool], int] = {}

    async def find(self, steps: tuple[Step, ...]) -> int | None:
        """The id of an entity that the author sees or may touch, by its path; None: there is none."""
        found = await self._session.find(steps)
        if found is None and self._writer.prefixes and len(steps) == 1:
            # what this key has made and nothing uses yet is not seen by it
            found = await self._session.find(steps, all_of_them=True)
            if found is not None and await self._reason(steps[0].entities, found) is not None:
                return None
        return found

    async def link(self, link: Link, *, touch: bool = False) -> int:
        """The id of what is linked.

        Args:
            link: names it.
            touch: whether it changes by being linked.

        Raises:
            NoSuchEntity: it is not there, or not seen.
            NotYours: it is linked by others only.
        """
        known = self._linked.get((link.entities.name, link.id, touch))
        if known is not None:
            return known
        found = await self.find((Step(link.entities, None, link.id),))
        if found is None and link.entities is OBSERVED_PROPERTIES:
            found = await self._word_of_the_platform(link)
        if found is None:
            raise NoSuchEntity(link.path, f"there is no {link.entities.one} {link.id!r} that this key sees")
        if link.entities.name in _OWN or touch:
            reason = await self._reason(link.entities, found, wholly=touch or link.entities.name != "Things")
            if reason is not None:
                raise NotYours(f"{link.path}: {reason}", extra={"path": link.path})
        self._linked[link.entities.name, link.id, touch] = found
        return found

    async def _word_of_the_platform(self, link: Link) -> int | None:
        """The id of an observed property that no provider made: these are words, which all may use."""
        found = await self._session.find((Step(link.entities, None, link.id),), all_of_them=True)
        if found is None:
            return None
        owner = await self._session.owners.of(link.entities, found, ())
        return found if owner is not None and owner.provider_id is None else None

    async def require(self, entities: EntitySet, entity_id: int) -> None:
        """Raise `NotYours` unless the author may change and delete an entity."""
        reason = await self._reason(entities, entity_id)
        if reason is not None:
            raise NotYours(reason)

    def require_covered(self, key: str) -> None:
        """Raise `NotYours` unless the key may touch what has this key: a datastream's, or a thing's with a `/`."""
        prefixes = self._writer.prefixes
        if prefixes and not key.startswith(prefixes):
            raise NotYours(f"its key would be {key}: {_reach(prefixes)}")

    async def _reason(self, entities: EntitySet, entity_id: int, *, wholly: bool = True) -> str | None:
        """Why the author may not touch an entity; None: they may."""
        owner = await self._session.owners.of(entities, entity_id, self._writer.prefixes)
        named = f"{entities.one} {entity_id}"
        if owner is None:
            return f"{named} is gone"
        if owner.provider_id is None:
            return f"{named} was not made through SensorThings: who runs the platform changes it"
        if owner.provider_id != self._writer.provider_id:
            return f"{named} is of another provider"
        if wholly and not owner.covered:
            return f"{named} is, or is used by, more than this key may touch: {_reach(self._writer.prefixes)}"
        return None


def _reach(prefixes: tuple[str, ...]) -> str:
    shown = ", ".join(prefixes[:5]) + (" …" if len(prefixes) > 5 else "")
    return f"it touches datastreams whose keys begin with {shown}"
