"""The account of a backfill."""

from dataclasses import dataclass

from rich import box
from rich.table import Table

from fansipan_cli.demo.ledger import Found
from fansipan_cli.sending import Tally


@dataclass(frozen=True, slots=True)
class Account:
    """One kind of item: what was sent and what of it can be read.

    Attributes:
        before, after: sent items that were readable before the backfill, and after it.
    """

    name: str
    tally: Tally
    before: int
    after: int

    @property
    def stored(self) -> int:
        """Items that this backfill added."""
        return self.after - self.before

    @property
    def duplicates(self) -> int:
        """Items that were there already: the same again is a no-op."""
        return self.before

    @property
    def holds(self) -> bool:
        """Whether every accepted item can be read."""
        return self.after == self.tally.accepted


def accounts(observations: Tally, events: Tally, before: Found, after: Found) -> list[Account]:
    """The accounts of both kinds."""
    return [
        Account("observations", observations, before.observations, after.observations),
        Account("service events", events, before.events, after.events),
    ]


def account_table(rows: list[Account], seconds: float) -> Table:
    """The end table; rows per second count what was accepted, until it could be read."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    for row in rows:
        table.add_column(row.name, justify="right", no_wrap=True)
    figures = {
        "sent": [row.tally.sent for row in rows],
        "accepted": [row.tally.accepted for row in rows],
        "stored": [row.stored for row in rows],
        "duplicates": [row.duplicates for row in rows],
        "rejected": [row.tally.rejected for row in rows],
        "retries": [row.tally.retries.total() for row in rows],
        "rows per second": [round(row.tally.accepted / max(seconds, 1e-6)) for row in rows],
    }
    for name, values in figures.items():
        table.add_row(name, *(f"{value:,}" for value in values))
    return table
