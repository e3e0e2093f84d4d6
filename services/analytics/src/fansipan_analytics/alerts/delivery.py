"""What a channel of notifications is given, and how it says that it could not deliver."""

from dataclasses import dataclass
from typing import Protocol

from fansipan_common.contracts import AlertChanged
from fansipan_indicators.alert_rules import Receiver


@dataclass(frozen=True, slots=True)
class Notification:
    """One change of an alert for one receiver. The id stays the same over all attempts."""

    id: int
    alert: AlertChanged


class Undelivered(Exception):
    """It did not get through this time; another attempt may."""


class Refused(Exception):
    """The other side will not take it: another attempt would be answered the same."""


class Channel(Protocol):
    """A way to tell somebody."""

    async def deliver(self, receiver: Receiver, notification: Notification) -> None:
        """Deliver, in bounded time.

        Raises:
            Undelivered, Refused.
        """
        ...
