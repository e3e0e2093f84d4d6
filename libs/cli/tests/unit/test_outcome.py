"""The figures of the end tables."""

import pytest
from rich.console import Console

from fansipan_cli.demo.ledger import Found
from fansipan_cli.demo.outcome import account_table, accounts
from fansipan_cli.replay.progress import outcome_rows
from fansipan_cli.sending import Tally

pytestmark = pytest.mark.unit


def test_stored_and_duplicates_add_up_to_accepted() -> None:
    observations = Tally(sent=1000, accepted=990)
    for _ in range(10):
        observations.reject("time-in-future", "ahead", {})

    rows = accounts(observations, Tally(sent=5, accepted=5), Found(200, 0), Found(990, 5))

    assert (rows[0].stored, rows[0].duplicates, rows[0].tally.rejected, rows[0].holds) == (790, 200, 10, True)
    assert (rows[1].stored, rows[1].duplicates, rows[1].holds) == (5, 0, True)


def test_a_missing_row_is_seen() -> None:
    rows = accounts(Tally(sent=10, accepted=10), Tally(), Found(0, 0), Found(9, 0))

    assert [row.holds for row in rows] == [False, True]


def test_the_table_shows_every_figure() -> None:
    console = Console(width=80, record=True, file=None, quiet=False)
    tally = Tally(sent=123456, accepted=123456)
    tally.retries["503"] = 3

    with console.capture() as capture:
        console.print(account_table(accounts(tally, Tally(), Found(456, 0), Found(123456, 0)), 10.0))

    text = capture.get()
    for figure in ("123,456", "123,000", "456", "12,346", "3"):
        assert figure in text


def test_the_end_of_a_replay_lists_codes_and_reasons() -> None:
    tally = Tally(sent=10, accepted=8, requests=4)
    tally.reject("invalid-item", "no", {})
    tally.reject("invalid-item", "no", {})
    tally.retries["503"] = 2

    assert outcome_rows(tally, 4.0) == [
        ("sent", "10"),
        ("accepted", "8"),
        ("rejected", "2"),
        ("  invalid-item", "2"),
        ("requests", "4"),
        ("retries", "2"),
        ("  503", "2"),
        ("seconds", "4.0"),
        ("accepted a second", "2"),
    ]
