"""What a caller of the indicators must change."""

from fansipan_common.errors import ClientFault, NotFound


class BadSubject(ClientFault):
    """It is not said whose figure is wanted, or not in a way that can be read."""

    code, title = "invalid-subject", "Invalid subject"


class BadPeriod(ClientFault):
    """A text is no period or time, or the indicator is not computed by such periods."""

    code, title = "invalid-period", "Invalid period"


class NotComputed(ClientFault):
    """The indicator is not computed for subjects of this kind."""

    code, title = "not-computed", "Not computed for such a subject"


class NotInForce(NotFound):
    """On the date of the wanted boundaries there was no such unit; `units` says where its ground lies."""

    code, title = "area-not-in-force", "No such unit on that date"
