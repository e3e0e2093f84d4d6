"""What the doctor says of what it sees; the checks themselves run on a real stack in the integration tests."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fansipan_cli.doctor.backups import archive_finding, check_newest_backup, slot_findings, standby_finding
from fansipan_cli.doctor.finding import State
from fansipan_cli.doctor.flow import connections_finding, dead_letter_finding
from fansipan_cli.doctor.rows import spoken
from fansipan_cli.doctor.time_series import chunk_finding, job_findings, policy_finding
from fansipan_cli.doctor.topics import Standing, copies_findings, lag_finding, settings_findings
from fansipan_cli.kafka import TopicState
from fansipan_cli.store_replay.plan import Place
from fansipan_common.connections import MOST_CONNECTIONS
from fansipan_common.contracts import topic_specs

_NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
_GIB = 1024**3


def archiver(**changes: Any) -> dict[str, Any]:
    return {
        "mode": "on",
        "archived_count": 12,
        "last_archived_wal": "00000001000000000000000A",
        "age": timedelta(minutes=3),
        "failed_count": 0,
        "last_failed_wal": None,
        "failed_ago": None,
        "failing": False,
    } | changes


def test_the_archive() -> None:
    assert archive_finding(archiver()).state is State.WELL
    assert archive_finding(archiver(mode="off")).state is State.DOUBTFUL
    assert archive_finding(archiver(age=timedelta(hours=3))).state is State.DOUBTFUL
    assert archive_finding(archiver(last_archived_wal=None, age=None)).state is State.DOUBTFUL
    failing = archive_finding(
        archiver(failing=True, failed_count=7, last_failed_wal="0B", failed_ago=timedelta(seconds=40))
    )
    assert (failing.state, "archiving 0B fails, last 40 s ago, 7 times" in failing.detail) == (
        State.WRONG,
        True,
    )


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(hours=20), State.WELL),
        (timedelta(hours=30), State.DOUBTFUL),
        (timedelta(days=8), State.WRONG),
    ],
)
def test_the_age_of_the_newest_backup(tmp_path: Path, age: timedelta, state: State) -> None:
    for name, older in (("old.dump", timedelta(days=20)), ("new.dump", age)):
        file = tmp_path / name
        file.touch()
        made = (_NOW - older).timestamp()
        os.utime(file, (made, made))
    found = check_newest_backup(tmp_path, _NOW)
    assert (found.state, "new.dump" in found.detail) == (state, True)


def test_no_backup(tmp_path: Path) -> None:
    assert check_newest_backup(None, _NOW).state is State.SKIPPED
    assert check_newest_backup(tmp_path, _NOW).state is State.WRONG
    assert check_newest_backup(tmp_path / "away", _NOW).state is State.WRONG


def test_standbys_and_slots() -> None:
    follower = {"name": "b", "state": "streaming", "sync_state": "async", "behind": 2048}
    assert standby_finding([]).state is State.WELL
    assert standby_finding([follower]).state is State.WELL
    assert standby_finding([follower | {"behind": 9 * _GIB}]).state is State.DOUBTFUL
    assert standby_finding([follower | {"state": "catchup"}]).state is State.DOUBTFUL
    slot = {"name": "s", "active": False, "wal_status": "extended", "retained": 9 * _GIB}
    assert [finding.state for finding in slot_findings(slot)] == [State.WRONG]
    assert slot_findings(slot | {"active": True}) == slot_findings(slot | {"retained": None}) == []


def test_policies_and_jobs() -> None:
    job = {
        "job_id": 1000,
        "proc_name": "policy_compression",
        "hypertable_name": "observation",
        "scheduled": True,
        "last_run_status": "Success",
    }
    assert "not available" in policy_finding("apache", []).detail
    assert policy_finding("timescale", []).state is State.DOUBTFUL
    assert policy_finding("timescale", [job]).state is State.WELL
    assert job_findings([job]) == []
    assert [f.state for f in job_findings([job | {"last_run_status": "Failed"}])] == [State.WRONG]
    assert [f.state for f in job_findings([job | {"scheduled": False}])] == [State.DOUBTFUL]


def test_chunks_and_memory() -> None:
    sizes = [{"name": "observation", "largest": 3 * _GIB}, {"name": "rollup_1m", "largest": None}]
    assert chunk_finding(sizes, 8 * _GIB).state is State.WELL
    assert chunk_finding(sizes, 4 * _GIB).state is State.DOUBTFUL


def test_connections() -> None:
    wanted = sum(MOST_CONNECTIONS.values())
    assert connections_finding(wanted, 10, 8).state is State.WELL
    assert connections_finding(wanted - 1, 10, 8).state is State.DOUBTFUL
    assert connections_finding(100, 81, 70).state is State.WRONG


def test_dead_letters() -> None:
    assert dead_letter_finding([]).state is State.WELL
    found = dead_letter_finding([{"code": "unknown-datastream", "count": 1200}])
    assert (found.state, "1,200 unknown-datastream" in found.detail) == (State.DOUBTFUL, True)


def test_settings_of_topics() -> None:
    specs = topic_specs("t.")
    as_wanted = {spec.name: TopicState(spec.partitions, 1, 0, dict(spec.config)) for spec in specs}
    assert settings_findings(specs, as_wanted) == []

    def changed(**settings: str) -> list[State]:
        first = specs[0]
        other = TopicState(
            first.partitions, 1, 0, first.config | {k.replace("_", "."): v for k, v in settings.items()}
        )
        return [finding.state for finding in settings_findings(specs, as_wanted | {first.name: other})]

    assert changed(retention_ms="3600000") == [State.WRONG]
    assert changed(max_message_bytes="1000") == [State.WRONG]
    assert changed(retention_ms="-1") == changed(retention_bytes="-1") == []
    assert changed(retention_bytes="1000000") == [State.DOUBTFUL]


def test_copies() -> None:
    state = TopicState(6, 3, 0)
    assert [f.state for f in copies_findings(3, {"a": state})] == [State.WELL]
    assert [f.state for f in copies_findings(3, {"a": TopicState(6, 3, 2)})] == [State.WRONG]
    assert [f.state for f in copies_findings(3, {"a": TopicState(6, 1, 0)})] == [State.DOUBTFUL]
    assert [f.state for f in copies_findings(1, {"a": TopicState(6, 1, 0)})] == [State.WELL]


def test_how_far_the_store_is_behind() -> None:
    def said(first: int, end: int, stored: int, age: timedelta | None) -> State:
        standing = {} if age is None else {("t", 0): Standing(stored, _NOW - age)}
        return lag_finding([Place("t", 0, first, end, stored)], standing, _NOW).state

    soon, long = timedelta(seconds=2), timedelta(minutes=5)
    assert said(0, 10, 10, long) is State.WELL
    assert said(0, 10, 4, soon) is State.WELL
    assert said(0, 10, 4, long) is State.WRONG
    assert said(0, 10, 0, None) is State.WRONG
    assert said(6, 10, 4, soon) is State.WRONG
    assert said(0, 10, 400, soon) is State.WRONG


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (150, "2 min"), (7_300, "2 h"), (86_400 * 3, "3 days"), (-4, "0 s")]
)
def test_lengths_of_time_are_spoken(seconds: float, text: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == text
