"""What the parser of a door makes of a request: readings, column by column, and what could not be read."""

import base64
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.doors import Door
from fansipan_common.contracts.observation import MAX_RESULT
from fansipan_ingest.domain.parsing import ParsedItems, reasons_of
from fansipan_ingest.domain.plain import PlainItems
from fansipan_ingest.domain.registration import Unit

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Readings:
    """n readings of one request.

    Attributes:
        datastreams: n datastream keys.
        times_ms: n Unix times in ms.
        results: n numbers, texts, booleans or objects.
        indexes: n places in the request, from 0; several readings may come from one place (a line, a message).
        rejected: what could not be read.
        units: what the results of a datastream are in, where the sender says so.
        parameters: of those rows that have some.
        door, context: for the dead letters of what could not be read: whose form it has, what belongs to it.
    """

    datastreams: list[str] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    rejected: list[DeadLetterItem] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    parameters: dict[int, dict[str, Any]] = field(default_factory=dict)
    door: Door | None = None
    context: dict[str, str] | None = None

    def __len__(self) -> int:
        return len(self.results)

    def add(
        self,
        index: int,
        datastream: str,
        time_ms: int,
        result: Any,
        *,
        unit: Unit | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        """Append one reading; it is refused when an earlier one of its datastream is in another unit."""
        if unit is not None:
            known = self.units.setdefault(datastream, unit)
            if known.ucum != unit.ucum:
                detail = f"{datastream} is in {known.ucum} before and in {unit.ucum} here"
                payload = _as_sent(datastream, time_ms, result, parameters)
                self.rejected.append(dead_letter(index, "unit-mismatch", detail, payload))
                return
        if parameters:
            self.parameters[len(self.results)] = parameters
        self.datastreams.append(datastream)
        self.times_ms.append(time_ms)
        self.results.append(result)
        self.indexes.append(index)

    def refuse(self, index: int, code: str, detail: str, payload: Any) -> None:
        """Set something aside; `payload` is what was sent, JSON or (what is no text) bytes."""
        letter = dead_letter(index, code, detail, payload)
        about = {"door": self.door, "context": self.context}
        self.rejected.append(letter if self.door is None else letter.model_copy(update=about))

    def plain(self) -> PlainItems | None:
        """The readings as a plain request; None when something in them is not plain, which is no fault."""
        if self.rejected or self.units or self.parameters or not self.results:
            return None
        if not set(map(type, self.results)) <= {float}:
            return None
        try:
            milliseconds = np.array(self.times_ms, np.int64)
        except OverflowError:
            return None
        if not np.abs(np.array(self.results)).max() <= MAX_RESULT:  # NaN is not, either
            return None
        return PlainItems(list[str | int](self.datastreams), milliseconds, self.results)

    def items(self) -> ParsedItems[ObservationItem]:
        """The readings through the full model, which finds the reasons. What is refused is kept as the observation it
        would have been, so that it can be corrected and replayed like one."""
        rejected = list(self.rejected)
        forms: list[dict[str, Any]] = []
        rows: list[int] = []
        for row, millisecond in enumerate(self.times_ms):
            try:
                moment = _EPOCH + timedelta(milliseconds=millisecond)
            except OverflowError:
                code = "time-in-future" if millisecond > 0 else "time-too-early"
                detail = f"{millisecond} ms is no time of this calendar: check the unit of the sender's times"
                rejected.append(dead_letter(self.indexes[row], code, detail, self._sent(row)))
                continue
            form = {
                "datastream": self.datastreams[row],
                "phenomenonTime": moment,
                "result": self.results[row],
            }
            if row in self.parameters:
                form["parameters"] = self.parameters[row]
            forms.append(form)
            rows.append(row)
        try:
            found = OBSERVATION_LIST.validate_python(forms)
        except ValidationError:
            found, rows, refused = self._one_by_one(forms, rows)
            rejected += refused
        return ParsedItems(
            found,
            [self.indexes[row] for row in rows],
            rejected,
            reread=lambda: [self._sent(row) for row in rows],
        )

    def _one_by_one(
        self, forms: list[dict[str, Any]], rows: list[int]
    ) -> tuple[list[ObservationItem], list[int], list[DeadLetterItem]]:
        found: list[ObservationItem] = []
        good: list[int] = []
        refused: list[DeadLetterItem] = []
        for form, row in zip(forms, rows, strict=True):
            try:
                found += OBSERVATION_LIST.validate_python([form])
            except ValidationError as error:
                refused.append(
                    dead_letter(self.indexes[row], "invalid-item", reasons_of(error), self._sent(row))
                )
            else:
                good.append(row)
        return found, good, refused

    def _sent(self, row: int) -> dict[str, Any]:
        return _as_sent(
            self.datastreams[row], self.times_ms[row], self.results[row], self.parameters.get(row)
        )


def _as_sent(datastream: str, time_ms: int, result: Any, parameters: dict[str, Any] | None) -> dict[str, Any]:
    try:
        time: str | int = (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds")
    except OverflowError:
        time = time_ms
    if isinstance(result, float) and not math.isfinite(result):
        result = repr(result)  # JSON has no such number
    item = {"datastream": datastream, "phenomenonTime": time, "result": result}
    return item | {"parameters": parameters} if parameters else item


def dead_letter(index: int, code: str, detail: str, payload: Any) -> DeadLetterItem:
    """A refused item with what was sent: JSON as it was, bytes as base64."""
    if isinstance(payload, bytes):
        text = base64.b64encode(payload).decode()
        return DeadLetterItem(index=index, code=code, detail=detail, payload_base64=text)
    return DeadLetterItem(index=index, code=code, detail=detail, payload=payload)
