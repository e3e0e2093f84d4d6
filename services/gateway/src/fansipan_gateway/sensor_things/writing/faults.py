"""What can be wrong with a request that writes. `path` says where in the body, as `$.Datastreams[0].name`."""

from fansipan_common.errors import ClientFault, Forbidden, ServerFault


class BadBody(ClientFault):
    """The body is no JSON, or none that is kept."""

    code, title = "invalid-json", "The body cannot be read"


class _AtPath(ClientFault):
    """Something in the body."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}", extra={"path": path})


class InvalidValue(_AtPath):
    """A property has a value that it cannot have."""

    code, title = "invalid-value", "Invalid value"


class UnknownProperty(_AtPath):
    """The entity has no such property or relation."""

    code, title = "unknown-property", "Unknown property"


class MissingProperty(_AtPath):
    """A mandatory property is missing."""

    code, title = "missing-property", "A property is missing"


class MissingRelation(_AtPath):
    """An entity that cannot be without another lacks it."""

    code, title = "missing-relation", "A related entity is missing"


class NoSuchEntity(_AtPath):
    """What is linked is not there, or not seen."""

    code, title = "no-such-entity", "No such entity"


class InlineEntity(_AtPath):
    """A change carries a new related entity: only links may be changed."""

    code, title = "inline-entity", "New entities are not made by a change"


class TooMuch(_AtPath):
    """More entities, or deeper, than one request may make."""

    code, title = "too-many-entities", "Too many entities"


class NotYours(Forbidden):
    """It is another provider's, or nobody's through this door, or outside of what the key may touch."""

    code, title = "not-yours", "Not yours to change"


class Exists(ClientFault):
    """There is one already."""

    status, code, title = 409, "exists", "Exists already"


class InUse(ClientFault):
    """Others' entities would go with it."""

    status, code, title = 409, "in-use", "In use"


class GoneMeanwhile(ClientFault):
    """Somebody deleted what was linked while it was linked."""

    status, code, title = 409, "gone-meanwhile", "Gone meanwhile"


class BadPatch(ClientFault):
    """A JSON Patch that is none, or cannot be applied."""

    code, title = "invalid-patch", "The patch cannot be applied"


class PatchTestFailed(ClientFault):
    """A `test` of a JSON Patch does not hold."""

    status, code, title = 409, "patch-test-failed", "A test of the patch does not hold"


class HasChanged(ClientFault):
    """The entity is no longer as the client has seen it (If-Match)."""

    status, code, title = 412, "precondition-failed", "It has changed"


class NotWritable(ClientFault):
    """Nothing is written at this address with this method."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"

    def __init__(self, problem: str, allowed: str) -> None:
        super().__init__(problem, headers={"Allow": allowed})


class ConflictingChanges(ServerFault):
    """Others were changing the same, or what is linked, and one of both had to give way."""

    code, title = "conflicting-changes", "Others are changing the same"

    def __init__(self) -> None:
        super().__init__(
            "others were changing the same at this moment, and nothing was changed for you: send it again",
            retry_after=1,
        )
