"""The order of rows, and the condition that they stand behind one of them (keyset pagination)."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.syntax import OrderKey
from fansipan_gateway.sensor_things.model.entity import EntitySet, Kind
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.expressions import Compiler
from fansipan_gateway.sensor_things.planner.scope import valued
from fansipan_gateway.sensor_things.planner.typed import Typed, as_kind, written

_OPTION: Final = "$skiptoken"
_MAX_TOKEN: Final = 4_000
_MAX_INT8: Final = 1 << 63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BYTEWISE: Final = ' COLLATE "C"'
# How a value of a kind leaves the database, comes back, and what it is there.
_FETCHED: Final = {Kind.INSTANT: "(extract(epoch FROM {0}) * 1000000)::bigint"}
_CASTS: Final = {Kind.NUMBER: "float8", Kind.TEXT: "text", Kind.BOOL: "boolean", Kind.INSTANT: "timestamptz"}


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression that rows are sorted by."""

    sql: str
    kind: Kind
    descending: bool
    nullable: bool
    whole: bool = False

    @property
    def fetched(self) -> str:
        """As it is read, to be put into a token."""
        return _FETCHED.get(self.kind, "{0}").format(self.sql)

    @property
    def ordered(self) -> str:
        """As it stands in ORDER BY. Null is before everything, as OData has it."""
        text = self.sql + (_BYTEWISE if self.kind is Kind.TEXT else "")
        direction = " DESC" if self.descending else ""
        nulls = (" NULLS LAST" if self.descending else " NULLS FIRST") if self.nullable else ""
        return text + direction + nulls

    def behind(self, value: Any, binding: Binding) -> tuple[str | None, str]:
        """Conditions that a row's key stands behind a value (None: none does), and that it is the value."""
        if value is None:
            after = None if self.descending else f"{self.sql} IS NOT NULL"
            return after, f"{self.sql} IS NULL"
        cast = "bigint" if self.whole else _CASTS[self.kind]
        bound = binding.add(self._given(value), cast)
        sign = "<" if self.descending else ">"
        bytewise = _BYTEWISE if self.kind is Kind.TEXT else ""
        after = f"{self.sql} {sign} {bound}{bytewise}"
        if self.descending and self.nullable:
            after = f"({after} OR {self.sql} IS NULL)"
        return after, f"{self.sql} = {bound}"

    def bound(self, value: Any, binding: Binding) -> str | None:
        """A plain condition that holds for all rows at or behind a value: it lets chunks of time be left alone."""
        if value is None or self.nullable or self.kind is Kind.TEXT:
            return None
        cast = "bigint" if self.whole else _CASTS[self.kind]
        return f"{self.sql} {'<=' if self.descending else '>='} {binding.add(self._given(value), cast)}"

    def _given(self, value: Any) -> Any:
        return _EPOCH + timedelta(microseconds=value) if self.kind is Kind.INSTANT else value

    def accepts(self, value: Any) -> bool:
        """Whether a value can be one of this key's."""
        if value is None:
            return self.nullable
        if self.kind is Kind.TEXT:
            return isinstance(value, str) and "\0" not in value
        if self.kind is Kind.BOOL:
            return isinstance(value, bool)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.kind is Kind.INSTANT:
            return isinstance(value, int) and -62_135_596_800_000_000 <= value < 253_402_300_800_000_000
        return isinstance(value, int) and abs(value) < _MAX_INT8 if self.whole else True


def sort_keys(
    entities: EntitySet,
    alias: str,
    wanted: Sequence[OrderKey],
    compiler: Compiler,
    option: str,
    *,
    one_datastream: bool,
) -> list[SortKey]:
    """The keys of `$orderby`, and behind them those that make the order complete.

    Args:
        entities, alias: what is sorted.
        wanted: `$orderby`.
        compiler: writes its expressions.
        option: where it stands, for errors.
        one_datastream: whether all rows are observations of one datastream. Their time comes first then, which is the
            same order: TimescaleDB reads chunk after chunk, and stops, only if time is what rows are sorted by.

    Raises:
        BadQuery: by one of them nothing can be sorted.
    """
    keys: list[SortKey] = []
    for key in wanted:
        typed = compiler.value(key.expression, None)
        if typed.constant:
            raise BadQuery(option, "sorting by a constant sorts nothing", key.expression.at)
        found = _keys_of(typed, key, compiler.binding, option)
        keys += found[::-1] if one_datastream and typed.row is not None else found
    known = {key.sql for key in keys}
    for column in entities.order[::-1] if one_datastream else entities.order:
        typed = valued(column, alias, nullable=False)
        if typed.sql not in known:
            keys.append(SortKey(typed.sql, typed.kind, False, False, whole=typed.whole))
    return keys


def time_in(token: str | None) -> datetime | None:
    """The time that a token of an order by time begins with, if it looks like one: only a hint where to look first."""
    try:
        found = None if token is None else _read(token)
        if not isinstance(found, list) or len(found) < 2 or type(found[1]) is not int:
            return None
        return _EPOCH + timedelta(microseconds=found[1])
    except (ValueError, OverflowError):
        return None  # who decodes it says so


def _keys_of(typed: Typed, key: OrderKey, binding: Binding, option: str) -> list[SortKey]:
    if typed.row is not None:
        first, second = typed.row
        return [
            SortKey(first, Kind.NUMBER, key.descending, typed.nullable, whole=True),
            SortKey(second, Kind.INSTANT, key.descending, typed.nullable),
        ]
    if typed.kind is Kind.JSON:
        parts = [as_kind(typed, kind, binding) for kind in (Kind.NUMBER, Kind.TEXT)]
        return [
            SortKey(written(part, binding), part.kind, key.descending, True)
            for part in parts
            if part is not None
        ]
    if typed.kind is Kind.PERIOD:
        return [
            SortKey(typed.sql, Kind.INSTANT, key.descending, True),
            SortKey(typed.end, Kind.INSTANT, key.descending, True),
        ]
    if typed.kind not in _CASTS:
        raise BadQuery(option, f"{typed.kind} cannot be sorted by", key.expression.at)
    number = typed.kind is Kind.NUMBER and not typed.whole
    sql = f"({typed.sql})::float8" if number else typed.sql
    return [SortKey(sql, typed.kind, key.descending, typed.nullable, whole=typed.whole)]


def behind(keys: Sequence[SortKey], values: Sequence[Any], binding: Binding) -> str:
    """That a row stands behind the one with these keys."""
    condition = "false"
    for key, value in reversed(list(zip(keys, values, strict=True))):
        after, same = key.behind(value, binding)
        rest = f"({same} AND {condition})"
        condition = rest if after is None else f"({after} OR {rest})"
    bound = keys[0].bound(values[0], binding)
    return condition if bound is None else f"({bound} AND {condition})"


def signature(entities: EntitySet, wanted: Sequence[OrderKey], *, one_datastream: bool) -> str:
    """What tokens of one order of one entity set have in common, wherever it is shown."""
    return hashlib.sha256(f"{entities.name} {wanted!r} {one_datastream}".encode()).hexdigest()[:12]


def encode_token(kind: str, values: Sequence[Any]) -> str:
    """A token that stands behind the row with these keys."""
    return base64.urlsafe_b64encode(orjson.dumps([kind, *values])).rstrip(b"=").decode()


def decode_token(kind: str, keys: Sequence[SortKey], text: str) -> list[Any]:
    """The keys inside a token.

    Raises:
        BadQuery: it is not one that we gave out for this order.
    """
    try:
        found = _read(text)
        if not isinstance(found, list) or found[:1] != [kind] or len(found) != len(keys) + 1:
            raise ValueError("of another order")
        if not all(key.accepts(value) for key, value in zip(keys, found[1:], strict=True)):
            raise ValueError("of other kinds")
    except ValueError as error:
        raise BadQuery(
            _OPTION,
            "this is not one that this collection gave out in this order: follow @iot.nextLink as it is",
        ) from error
    return found[1:]


def _read(text: str) -> Any:
    """What a token holds; raises ValueError."""
    if len(text) > _MAX_TOKEN:
        raise ValueError("too long")
    raw = text.encode("ascii")
    return orjson.loads(base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True))
