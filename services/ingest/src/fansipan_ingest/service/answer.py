"""The answer to a request that was understood."""

from dataclasses import dataclass, field

import orjson

from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.errors import Unprocessable
from fansipan_common.kafka import Written


@dataclass(slots=True)
class Answer:
    """What became of the items of a request.

    Attributes:
        accepted: items that Kafka has acknowledged.
        rejected: the others, each with its reason.
        written: where the records of the accepted items are.
        stored: whether they are committed and readable; None when the caller did not wait for it.
        status: of the answer.
    """

    accepted: int
    rejected: list[DeadLetterItem] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    stored: bool | None = None
    status: int = 202

    def to_json(self) -> bytes:
        """The body of the 202 answer. `duplicatesPossible` is false: every record was acknowledged exactly once."""
        body: dict[str, object] = {
            "accepted": self.accepted,
            "duplicatesPossible": False,
            "rejected": listed(self.rejected),
        }
        if self.stored is not None:
            body["stored"] = self.stored
        return orjson.dumps(body)


def listed(rejected: list[DeadLetterItem]) -> list[dict[str, object]]:
    """Rejected items as the caller sees them, in the order of the request."""
    return [
        {"index": item.index, "code": item.code, "detail": item.detail}
        for item in sorted(rejected, key=lambda item: item.index)
    ]


def refuse_when_strict(strict: bool, rejected: list[DeadLetterItem]) -> None:
    """With `?strict=true` one bad item refuses them all; nothing is published, not even dead letters.

    Raises:
        Unprocessable: strict, and something was rejected.
    """
    if strict and rejected:
        raise Unprocessable(
            f"{len(rejected)} item(s) are not acceptable and strict=true was asked for: nothing was accepted",
            extra={"accepted": 0, "rejected": listed(rejected)},
        )
