"""What the disk holds after every kind of end."""

import errno
import os
import random
from pathlib import Path
from typing import Any

import pytest

from fansipan_client.push.items import Record
from fansipan_client.push.segments import line_of, record_in
from fansipan_client.push.spool import Spool

ROOM = 1024 * 1024


def record(number: int, size: int = 0) -> Record:
    return Record(
        "observations" if number % 5 else "service-events", number, b'{"n":%d}' % number + b" " * size
    )


def numbers(records: list[Record]) -> list[int]:
    return [record.order for record in records]


def crash(spool: Spool) -> None:
    """What the operating system does for a killed process: its files are closed, nothing is written."""
    os.close(spool._handle)  # pyright: ignore[reportPrivateUsage]
    os.close(spool._lock_file)  # pyright: ignore[reportPrivateUsage]


def rest(folder: Path, **options: Any) -> list[int]:
    """What another process finds."""
    spool = Spool(folder, ROOM, **options)
    found: list[int] = []
    while taken := spool.take(7)[0]:
        found += numbers(taken)
    crash(spool)
    return found


def test_a_line_and_its_checksum() -> None:
    for one in (record(1), record(5), Record("observations", 0xFFFFFFFF, '{"x":"Cầu Kim Tân"}'.encode())):
        line = line_of(one)
        assert record_in(line[:-1]) == one
        for place in range(len(line) - 1):
            changed = bytearray(line[:-1])
            changed[place] ^= 0x01
            assert record_in(bytes(changed)) is None
            assert record_in(line[:place]) is None


def test_what_was_appended_survives_a_crash_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM, segment_bytes=500)
    for start in range(0, 100, 4):
        assert spool.append([record(n) for n in range(start, start + 4)], drop_oldest=False)
    assert len(list(tmp_path.glob("*.spool"))) > 5
    first, mark = spool.take(30)
    assert numbers(first) == list(range(30))
    crash(spool)
    assert rest(tmp_path) == list(range(100))  # taken, but not known to be delivered
    spool = Spool(tmp_path, ROOM)
    _, mark = spool.take(30)
    spool.settle(mark)
    spool.append([record(100)], drop_oldest=False)
    crash(spool)
    assert rest(tmp_path) == list(range(30, 101))


def test_what_is_delivered_frees_the_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM, segment_bytes=500)
    spool.append([record(n) for n in range(10)], drop_oldest=False)
    for n in range(10, 200):
        spool.append([record(n)], drop_oldest=False)
    before = spool.size
    _, mark = spool.take(190)
    spool.settle(mark)
    assert spool.size < before / 4
    assert spool.size == sum(path.stat().st_size for path in tmp_path.glob("*.spool"))
    taken, mark = spool.take(50)
    assert numbers(taken) == list(range(190, 200))
    spool.settle(mark)
    spool.close()
    assert list(tmp_path.glob("*.spool")) == []
    again = Spool(tmp_path, ROOM)
    assert (again.appended, again.settled) == (200, 200)
    again.append([record(200)], drop_oldest=False)
    assert numbers(again.take(9)[0]) == [200]


@pytest.mark.parametrize("left", ["half a line", "zeros", "nearly all"])
def test_a_torn_last_record_is_seen_and_cut(
    tmp_path: Path, left: str, caplog: pytest.LogCaptureFixture
) -> None:
    spool = Spool(tmp_path, ROOM)
    spool.append([record(n) for n in range(10)], drop_oldest=False)
    crash(spool)
    line = line_of(record(10))
    (path,) = tmp_path.glob("*.spool")
    with path.open("ab") as file:
        file.write({"half a line": line[:17], "zeros": bytes(4096), "nearly all": line[:-1]}[left])
    spool = Spool(tmp_path, ROOM)
    assert (spool.torn, spool.appended) == (1, 10)
    assert "cut off by a crash" in caplog.text
    spool.append([record(11)], drop_oldest=False)
    assert numbers(spool.take(99)[0]) == [*range(10), 11]
    assert spool.damaged == 0


def test_a_damaged_record_is_set_aside_and_the_others_are_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM)
    spool.append([record(n, size=50) for n in range(100)], drop_oldest=False)
    crash(spool)
    (path,) = tmp_path.glob("*.spool")
    content = bytearray(path.read_bytes())
    content[2_000] ^= 0xFF
    path.write_bytes(content)
    spool = Spool(tmp_path, ROOM)
    found = numbers(spool.take(1_000)[0])
    assert len(found) == 99
    assert spool.damaged == 1
    (aside,) = tmp_path.glob("*.damaged")
    assert aside.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("content", ["", "1 2", "1 10 5 00000000", "rubbish"])
def test_a_position_that_cannot_be_trusted_sends_everything_again(tmp_path: Path, content: str) -> None:
    spool = Spool(tmp_path, ROOM)
    spool.append([record(n) for n in range(10)], drop_oldest=False)
    spool.settle(spool.take(5)[1])
    crash(spool)
    (tmp_path / "position").write_text(content)
    assert rest(tmp_path) == list(range(10))


def test_a_loss_of_power_that_took_delivered_records_takes_no_later_ones(tmp_path: Path) -> None:
    spool = Spool(tmp_path, ROOM)
    spool.append([record(n) for n in range(10)], drop_oldest=False)
    spool.settle(spool.take(10)[1])
    crash(spool)
    (path,) = tmp_path.glob("*.spool")
    os.truncate(path, path.stat().st_size - 3)  # the position says more than the file has
    spool = Spool(tmp_path, ROOM)
    spool.append([record(n) for n in range(10, 20)], drop_oldest=False)
    crash(spool)
    assert rest(tmp_path) == list(range(10, 20))


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, ROOM)
    spool.append([record(1)], drop_oldest=False)
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "no space left")
        return write(handle, data[: len(data) - 10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no space left"):
        spool.append([record(2), record(3)], drop_oldest=False)
    monkeypatch.undo()
    spool.append([record(4)], drop_oldest=False)
    assert numbers(spool.take(9)[0]) == [1, 4]
    assert spool.damaged == 0


def test_records_larger_than_a_block(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 64 * ROOM)
    for n in range(4):
        spool.append([record(n, size=3 * ROOM)], drop_oldest=False)
    found: list[int] = []
    while taken := spool.take(9)[0]:
        assert len(taken) <= 3  # bounded by bytes, not only by count
        found += numbers(taken)
    assert found == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="do not fit"):
        spool.append([record(9, size=63 * ROOM)], drop_oldest=False)


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_appending_reading_and_crashing(tmp_path: Path, seed: int) -> None:
    """Nothing is lost, nothing changes places, and what is repeated is what was not known to be delivered."""
    rng = random.Random(seed)
    spool = Spool(tmp_path, 10 * ROOM, segment_bytes=rng.choice([200, 1_000, 100_000]))
    appended = delivered = position = 0
    for _ in range(300):
        match rng.randrange(5):
            case 0 | 1:
                count = rng.randrange(1, 20)
                spool.append([record(n) for n in range(appended, appended + count)], drop_oldest=False)
                appended += count
            case 2 | 3:
                taken, mark = spool.take(rng.randrange(1, 30))
                assert numbers(taken) == list(range(position, position + len(taken)))
                position += len(taken)
                if rng.random() < 0.7:
                    spool.settle(mark)
                    delivered = position
            case _:
                if rng.random() < 0.3:
                    crash(spool)
                    spool = Spool(tmp_path, 10 * ROOM, segment_bytes=rng.choice([200, 1_000]))
                    position = delivered
                    assert spool.appended - spool.settled == appended - delivered
    crash(spool)
    assert rest(tmp_path) == list(range(delivered, appended))
