"""Changes of one entity: merged (PATCH), whole (PUT), or as JSON Patch (RFC 6902)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import jsonpatch
import jsonpointer
import orjson

from fansipan_gateway.sensor_things.model.entity import ID
from fansipan_gateway.sensor_things.writing.bodies import (
    GIVEN_KEY,
    ROOT,
    Change,
    check_known,
    check_plain,
    links_of,
)
from fansipan_gateway.sensor_things.writing.faults import (
    BadPatch,
    InvalidValue,
    MissingProperty,
    PatchTestFailed,
)
from fansipan_gateway.sensor_things.writing.forms import Form
from fansipan_gateway.sensor_things.writing.values import below

MAX_OPERATIONS: Final = 100
_MAX_BYTES: Final = 1 << 20
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}
_CANNOT: Final = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)


def merged(form: Form, entity_id: int, body: Mapping[str, Any]) -> Change:
    """What a PATCH changes: the properties it has, each as a whole.

    Raises:
        UnknownProperty, InvalidValue, InlineEntity.
    """
    change = Change()
    for name, value in body.items():
        here = below(ROOT, name)
        if name in form.by_name:
            one = form.by_name[name]
            change.columns |= zip(one.columns, one.check(value, here), strict=True)
        elif name == ID:
            if value != entity_id or isinstance(value, bool):
                raise InvalidValue(here, f"an id cannot be changed: it is {entity_id}")
        elif name == GIVEN_KEY:
            raise InvalidValue(here, "a key stays as it was made")
        elif name in form.entities.relations:
            if value is None and form.entities.relations[name].many:
                continue
            change.links[name] = links_of(form.entities, name, value)
        else:
            check_known(form.entities, name, here)
    return change


def whole(form: Form, entity_id: int, body: Mapping[str, Any]) -> Change:
    """What a PUT changes: all properties; relations that are left out stay.

    Raises:
        UnknownProperty, InvalidValue, InlineEntity, MissingProperty.
    """
    change = merged(form, entity_id, body)
    for one in form.fields:
        if one.name in body:
            continue
        if one.default is None:
            raise MissingProperty(below(ROOT, one.name), "PUT writes the whole entity: this is missing")
        change.columns |= zip(one.columns, one.default, strict=True)
    return change


def document_of(form: Form, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a JSON Patch is applied to: the properties that clients write."""
    return {one.name: one.show([row[column] for column in one.columns]) for one in form.fields}


def patched(document: dict[str, Any], operations: Any) -> dict[str, Any]:
    """The document after a JSON Patch. What it makes is bounded after every step, since copies may double it.

    Raises:
        BadPatch: it is none, cannot be applied, or makes too much.
        PatchTestFailed.
    """
    result: Any = document
    for number, operation in enumerate(_operations(operations)):
        try:
            result = jsonpatch.JsonPatch([operation]).apply(result)
            size = len(orjson.dumps(result))
        except jsonpatch.JsonPatchTestFailed as error:
            raise PatchTestFailed(
                f"operation {number}: {operation['path']!r} is not what the test says",
                extra={"operation": number},
            ) from error
        except _CANNOT as error:
            raise BadPatch(
                f"operation {number} ({operation['op']} {operation['path']!r}) cannot be applied: {str(error)[:200]}",
                extra={"operation": number},
            ) from error
        if size > _MAX_BYTES:
            raise BadPatch(f"operation {number} makes the entity larger than {_MAX_BYTES} bytes")
    if not isinstance(result, dict):
        raise BadPatch("what is left is no entity")
    check_plain(result)
    return cast("dict[str, Any]", result)


def _operations(operations: Any) -> Sequence[dict[str, Any]]:
    if not isinstance(operations, list):
        raise BadPatch("a JSON Patch is a list: [{'op': 'replace', 'path': '/name', 'value': 'x'}]")
    listed = cast("list[Any]", operations)
    if len(listed) > MAX_OPERATIONS:
        raise BadPatch(f"at most {MAX_OPERATIONS} operations in one patch")
    for number, operation in enumerate(listed):
        needs = _NEEDS.get(str(operation.get("op"))) if isinstance(operation, dict) else None
        if needs is None:
            raise BadPatch(
                f"operation {number}: op is one of {', '.join(_NEEDS)}", extra={"operation": number}
            )
        for need in needs:
            if need not in operation or (need != "value" and not isinstance(operation[need], str)):
                raise BadPatch(
                    f"operation {number}: {need} is needed{'' if need == 'value' else ', a text'}",
                    extra={"operation": number},
                )
    return cast("list[dict[str, Any]]", listed)
