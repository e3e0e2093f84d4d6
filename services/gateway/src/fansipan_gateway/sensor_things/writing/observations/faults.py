"""What can go wrong while observations are written."""

from typing import Any

from fansipan_common.errors import ClientFault, FansipanError, ServerFault


class IngestAway(ServerFault):
    """Ingest does not answer, or has an answer that does not say what became of the observations."""

    code, title = "ingest-away", "Ingest unavailable"


class NotStoredYet(ServerFault):
    """The observations are accepted and will be stored; it takes longer than a request waits."""

    code, title = "not-stored-yet", "Not stored yet"

    def __init__(self) -> None:
        super().__init__(
            "this was accepted and will be stored, but is not readable yet: the same again is harmless",
            retry_after=5,
        )


class QuotaExhausted(ClientFault):
    """The provider has sent as much as it may; ingest says when it may send again."""

    status, code, title = 429, "quota-exhausted", "Quota exhausted"

    def __init__(self, detail: str, retry_after: str) -> None:
        super().__init__(detail, headers={"Retry-After": retry_after})


class ObservationsNotSetUp(ServerFault):
    """The gateway does not know where ingest is, or not the secret that ingest knows it by."""

    code, title = "observations-not-set-up", "Observations cannot be stored"


class DifferentResult(ClientFault):
    """There is an observation of this time already, and it is another."""

    status, code, title = 409, "different-result", "There is another observation of this time"


class RefusedObservation(ClientFault):
    """An observation that is not acceptable; the code is that of the rule it breaks."""

    code, title = "observation-refused", "The observation was refused"

    def __init__(self, code: str, detail: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(detail, extra=extra)
        self.code = code


class ObservationsNotAtomic(FansipanError):
    """Observations are to be written together with something else, all or nothing."""

    status, code, title = 501, "observations-not-atomic", "No Observations in a group"

    def __init__(self) -> None:
        super().__init__(
            "Observations are stored apart from all else, and cannot succeed or fail together with other requests:"
            " send this request outside of its change set (atomicityGroup)"
        )
