"""How the platform is: what counts as an outage, and when silence is unusual."""

from datetime import UTC, datetime, timedelta

from fansipan_gateway.status.domain import Arrivals, PartRecord, PartStatus, State

_NOON = datetime(2026, 7, 1, 5, tzinfo=UTC)


def _after(seconds: float) -> datetime:
    return _NOON + timedelta(seconds=seconds)


def test_one_slow_answer_is_no_outage_and_two_are():
    record = PartRecord("database")
    assert record.status == PartStatus("database", State.UNKNOWN, None)
    record.note(State.OK, _after(0))
    record.note(State.AWAY, _after(1))
    assert record.status == PartStatus("database", State.OK, _after(0))
    record.note(State.AWAY, _after(2))
    assert record.status == PartStatus("database", State.AWAY, _after(0))
    record.note(State.UNREADY, _after(3))
    assert record.status == PartStatus("database", State.UNREADY, _after(0))
    record.note(State.OK, _after(4))
    assert record.status == PartStatus("database", State.OK, _after(4))


def test_a_part_that_was_never_well_has_no_time():
    record = PartRecord("ingest")
    record.note(State.AWAY, _after(0))
    assert record.status.state is State.UNKNOWN
    record.note(State.AWAY, _after(1))
    assert record.status == PartStatus("ingest", State.AWAY, None)


def test_silence_is_unusual_when_it_is_much_longer_than_the_pauses_before():
    arrivals = Arrivals()
    for second in (0, 60, 120, 180):
        arrivals.note(_after(second))
    assert arrivals.newest == _after(180)
    assert not arrivals.is_unusually_quiet(_after(180 + 180))
    assert arrivals.is_unusually_quiet(_after(180 + 181))
    arrivals.note(_after(400))
    assert not arrivals.is_unusually_quiet(_after(401))


def test_short_pauses_do_not_make_two_minutes_unusual():
    arrivals = Arrivals()
    for second in range(10):
        arrivals.note(_after(second))
    assert not arrivals.is_unusually_quiet(_after(9 + 120))
    assert arrivals.is_unusually_quiet(_after(9 + 121))


def test_what_is_usual_is_not_known_at_first():
    arrivals = Arrivals()
    assert not arrivals.is_unusually_quiet(_after(0))
    arrivals.note(None)
    for second in (0, 1, 2):
        arrivals.note(_after(second))
    assert not arrivals.is_unusually_quiet(_after(86_400))


def test_pauses_of_longer_ago_than_an_hour_are_forgotten():
    arrivals = Arrivals()
    arrivals.note(_after(0))
    arrivals.note(_after(3_000))  # a long pause
    for minute in range(1, 62):
        arrivals.note(_after(3_000 + 60 * minute))
    assert arrivals.is_unusually_quiet(_after(3_000 + 60 * 61 + 200))
