"""SenML packs: base fields resolved, so that each record stands for itself (RFC 8428, section 4.6). Pure."""

import base64
import binascii
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import cbor2
import pydantic_core

from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.domain.rules import Rejection

_VERSION: Final = 10
_RELATIVE_BELOW: Final = 1 << 28
"""A time below is seconds from now."""

_CBOR_LABELS: Final = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
_BASE: Final = frozenset({"bver", "bn", "bt", "bu", "bv", "bs"})
_VALUES: Final = ("v", "vs", "vb", "vd")
_NUMBERS: Final = frozenset({"bver", "bt", "bv", "bs", "v", "s", "t", "ut"})
_TEXTS: Final = frozenset({"bn", "bu", "n", "u", "vs"})
_KNOWN: Final = _BASE | _NUMBERS | _TEXTS | {"vb", "vd", "l"}
_FIRST: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_LETTERS: Final = _FIRST | frozenset("-:./_")


@dataclass(frozen=True, slots=True)
class Record:
    """A resolved record.

    Attributes:
        index: its place in the pack, from 0.
        name: of the sensor, whole.
        time: Unix time in seconds.
        unit: SenML's symbol, None when there is none.
        value: a number, text or boolean; data as base64url text; None when there is only a sum.
        kind: `v`, `vs`, `vb` or `vd`; None without a value.
        sum: integral of the value over time, unit seconds.
        update: seconds until the next record at the latest, where it is said.
        base: the base fields in force, by label.
    """

    index: int
    name: str
    time: float
    unit: str | None
    value: float | str | bool | None
    kind: str | None
    sum: float | None
    update: float | None
    base: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class _Base:
    name: str = ""
    time: float = 0.0
    unit: str | None = None
    value: float | None = None
    sum: float | None = None

    def said(self) -> dict[str, Any]:
        """What is in force, as a record says it."""
        said = {"bn": self.name, "bt": self.time, "bu": self.unit, "bv": self.value, "bs": self.sum}
        return {label: value for label, value in said.items() if value not in (None, "", 0.0)}


def decode_json(body: bytes) -> list[Any]:
    """The records of a pack in JSON.

    Raises:
        MalformedBody: no JSON array.
    """
    try:
        pack = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedBody(f"the body is not JSON: {error}") from None
    return _records(pack)


def decode_cbor(body: bytes) -> list[Any]:
    """The records of a pack in CBOR, under the labels of JSON.

    Raises:
        MalformedBody: no CBOR array, or something follows it.
    """
    stream = io.BytesIO(body)
    try:
        pack = cbor2.load(stream)
    except (cbor2.CBORDecodeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise MalformedBody(f"the body is not CBOR: {error}") from None
    if stream.tell() != len(body):
        raise MalformedBody("the body is not CBOR: something follows the pack")
    return [_labelled(record) for record in _records(pack)]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A record that is wrong.

    Attributes:
        index: its place in the pack, from 0.
        reason: why.
        base: the base fields in force, by label: with them it stands for itself.
    """

    index: int
    reason: Rejection
    base: dict[str, Any]


def resolve(records: list[Any], now: float) -> tuple[list[Record], list[Wrong]]:
    """The resolved records of a pack, and those that are wrong. A wrong record changes no base field.

    Args:
        records: as decoded.
        now: Unix time in seconds; times below 2^28 count from it.

    Raises:
        MalformedBody: a version or a field that this reader does not know but must.
    """
    base = _Base()
    found: list[Record] = []
    wrong: list[Wrong] = []
    for index, record in enumerate(records):
        try:
            _check(record)
            base = _rebased(base, record)
            if not _BASE.issuperset(record):
                found.append(_resolved(index, record, base, now))
        except Rejection as reason:
            wrong.append(Wrong(index, reason, base.said()))
    return found, wrong


def _records(pack: Any) -> list[Any]:
    if not isinstance(pack, list):
        raise MalformedBody("a SenML pack is an array of records")
    return pack


def _labelled(record: Any) -> Any:
    if not isinstance(record, Mapping):
        return record
    return {_CBOR_LABELS.get(key, key) if type(key) is int else key: _json(of) for key, of in record.items()}


def _json(value: Any) -> Any:
    """A value of CBOR as JSON has it; data become base64url, as RFC 8428 wants them in JSON."""
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).decode().rstrip("=")
    if isinstance(value, Decimal):
        return float(value)
    return value


def _check(record: Any) -> None:
    """The form of a record.

    Raises:
        Rejection: what is wrong.
        MalformedBody: the whole pack cannot be understood.
    """
    if not isinstance(record, dict):
        raise Rejection("invalid-item", "a record is an object")
    for label, value in record.items():
        if not isinstance(label, str):
            raise Rejection("invalid-item", f"no field has the label {label!r}"[:200])
        if label not in _KNOWN and label.endswith("_"):
            raise MalformedBody(f"the field {label[:64]!r} must be understood, and is not")
        if label in _NUMBERS and (type(value) not in (int, float) or not _finite(value)):
            raise Rejection("invalid-item", f"{label}: a number is needed")
        if label in _TEXTS and not isinstance(value, str):
            raise Rejection("invalid-item", f"{label}: text is needed")
    version = record.get("bver", _VERSION)
    if version < 1 or version != int(version):
        raise MalformedBody("bver: a positive integer is needed")
    if version > _VERSION:
        raise MalformedBody(f"version {version} of SenML is not read here, only up to {_VERSION}")
    if "vb" in record and not isinstance(record["vb"], bool):
        raise Rejection("invalid-item", "vb: true or false is needed")
    if "vd" in record and not _is_base64url(record["vd"]):
        raise Rejection("invalid-item", "vd: base64url without padding is needed")
    if sum(kind in record for kind in _VALUES) > 1:
        raise Rejection("invalid-item", "a record has one of v, vs, vb, vd")


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all doubles
        return False


def _is_base64url(value: Any) -> bool:
    if not isinstance(value, str) or "=" in value:
        return False
    try:
        binascii.a2b_base64(value.translate({45: 43, 95: 47}) + "=" * (-len(value) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        return False
    return "+" not in value and "/" not in value


def _rebased(base: _Base, record: dict[str, Any]) -> _Base:
    return _Base(
        name=record.get("bn", base.name),
        time=record.get("bt", base.time),
        unit=record.get("bu", base.unit),
        value=record.get("bv", base.value),
        sum=record.get("bs", base.sum),
    )


def _resolved(index: int, record: dict[str, Any], base: _Base, now: float) -> Record:
    name = base.name + record.get("n", "")
    if not name or name[0] not in _FIRST or not _LETTERS.issuperset(name):
        raise Rejection(
            "senml-name",
            f"the name {name[:64]!r} is not made of A-Z a-z 0-9 - : . / _, the first a letter or digit",
        )
    kind = next((kind for kind in _VALUES if kind in record), None)
    value: Any = None if kind is None else record[kind]
    total: float | None = record.get("s")
    if kind is None and total is None:  # of a base and its own value either may be missing: that one is zero
        kind, value = ("v", 0) if base.value is not None else (None, None)
        total = 0 if base.sum is not None else None
        if kind is None and total is None:
            raise Rejection("invalid-item", "a record needs a value (v, vs, vb, vd) or a sum (s)")
    if kind == "v":
        value += base.value or 0
    if total is not None:
        total += base.sum or 0
    time = base.time + record.get("t", 0)
    return Record(
        index=index,
        name=name,
        time=time + now if time < _RELATIVE_BELOW else time,
        unit=record.get("u", base.unit),
        value=value,
        kind=kind,
        sum=total,
        update=record.get("ut"),
        base=base.said(),
    )
