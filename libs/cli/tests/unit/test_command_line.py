"""Errors are one clear line with exit code 1 or 2."""

import sys
from datetime import timedelta

import pytest

from fansipan_cli.__main__ import main
from fansipan_cli.dead_letters.identity import LetterId, parse_letter_id
from fansipan_cli.doctor.database import clock_finding
from fansipan_cli.doctor.finding import State
from fansipan_cli.doctor.topics import topic_findings
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import UsageError
from fansipan_common.contracts import topic_specs

pytestmark = pytest.mark.unit

SETTINGS = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "FANSIPAN_INGEST_URL", "FANSIPAN_INGEST_KEY")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keys", "list"], "DATABASE_URL is not set"),
        (["topics", "create"], "KAFKA_BOOTSTRAP_SERVERS is not set"),
        (["replay", "laocai"], "FANSIPAN_INGEST_URL is not set"),
        (["import", "a.csv"], "--mapping is not given"),
        (["import", "a.csv", "--mapping", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["import", "watch", ".", "--mapping-dir", "."], "FANSIPAN_INGEST_URL is not set"),
        (["dlq", "list"], "KAFKA_BOOTSTRAP_SERVERS is not set"),
        (["demo"], "FANSIPAN_INGEST_URL is not set"),
        (["keys", "create", "--provider", "Demo", "--name", "x"], "no provider key"),
        (
            ["keys", "create", "--provider", "demo", "--name", "x", "--scopes", "all"],
            "scopes are: read, write",
        ),
        (["keys", "create", "--provider", "a", "--name", "x", "--datastreams", "b/"], "begin it with a/"),
        (["operators", "create", "--username", "A"], "no user name"),
        (["dlq", "show", "seven"], "no id of a dead letter"),
    ],
)
def test_a_wrong_call_says_what_to_do(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setattr(sys, "argv", ["fansipan", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    written = capsys.readouterr()
    assert ended.value.code == 2
    assert words in written.err
    assert "Traceback" not in written.err + written.out


def test_help_lists_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fansipan", "--help"])

    with pytest.raises(SystemExit) as ended:
        main()

    text = capsys.readouterr().out
    assert ended.value.code == 0
    for command in (
        "alerts",
        "demo",
        "devices",
        "replay",
        "dlq",
        "doctor",
        "indicators",
        "keys",
        "operators",
        "migrate",
        "topics",
    ):
        assert command in text


@pytest.mark.parametrize(
    ("text", "length"),
    [("45s", timedelta(seconds=45)), ("90d", timedelta(days=90)), ("2w", timedelta(weeks=2))],
)
def test_lengths_of_time(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "d", "0d", "90", "-1d", "1.5h", "9999999w"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(UsageError):
        parse_duration(text)


def test_ids_of_dead_letters() -> None:
    assert parse_letter_id("2-1041") == LetterId(2, 1041)
    assert parse_letter_id("2-1041-7") == LetterId(2, 1041, 7)
    assert str(LetterId(2, 1041, 7)) == "2-1041-7"


def test_the_doctor_sees_missing_and_changed_topics() -> None:
    specs = topic_specs("t.")
    there = {spec.name: list(range(spec.partitions)) for spec in specs}

    assert [finding.state for finding in topic_findings(specs, there)] == [State.WELL]
    changed, *_ = there
    findings = topic_findings(specs, there | {changed: [0]})
    assert [(finding.state, changed in finding.detail) for finding in findings] == [(State.WRONG, True)]
    del there[changed]
    (finding,) = topic_findings(specs, there)
    assert finding.todo == "run: fansipan topics create"


def test_the_doctor_sees_a_wrong_clock() -> None:
    assert clock_finding(0.2).state is State.WELL
    assert clock_finding(-30.0).state is State.WRONG
