"""The time of a reading that carries none."""

from fansipan_ingest.mqtt.arrivals import Arrivals


class Clock:
    ms = 1_000

    def __call__(self) -> int:
        return self.ms


def test_messages_of_a_topic_have_a_millisecond_each_and_topics_do_not_hinder_each_other() -> None:
    clock = Clock()
    arrivals = Arrivals(clock)
    moments = [arrivals.of(number, "a", b"1", again=False) for number in range(1, 4)]
    assert moments == [1_000, 1_001, 1_002]
    assert arrivals.of(9, "b", b"1", again=False) == 1_000
    clock.ms = 5_000
    assert arrivals.of(10, "a", b"1", again=False) == 5_000
    clock.ms = 4_000  # a clock that is set back
    assert arrivals.of(11, "a", b"1", again=False) == 5_001


def test_a_message_that_is_delivered_again_keeps_its_time() -> None:
    clock = Clock()
    arrivals = Arrivals(clock)
    arrivals.of(7, "a", b"1", again=False)
    clock.ms = 9_000
    assert arrivals.of(7, "a", b"1", again=True) == 1_000
    arrivals.acknowledged(7, "a", b"1")
    assert arrivals.of(7, "a", b"1", again=True) == 1_000  # the broker did not hear the acknowledgement
    assert arrivals.of(8, "a", b"1", again=True) == 9_000  # nobody here saw it before
    assert arrivals.of(7, "a", b"2", again=True) == 9_001


def test_another_message_with_the_same_packet_id_has_its_own_time() -> None:
    clock = Clock()
    arrivals = Arrivals(clock)
    arrivals.of(7, "a", b"1", again=False)
    arrivals.acknowledged(7, "a", b"1")
    clock.ms = 2_000
    assert arrivals.of(7, "a", b"1", again=False) == 2_000
    assert arrivals.of(7, "a", b"1", again=True) == 2_000
    arrivals.forget()
    clock.ms = 3_000
    assert arrivals.of(7, "a", b"1", again=True) == 3_000


def test_acknowledged_messages_are_forgotten_long_before_a_packet_id_is_used_anew() -> None:
    clock = Clock()
    arrivals = Arrivals(clock)
    for number in range(1, 3_002):
        arrivals.of(number, "a", b"1", again=False)
        arrivals.acknowledged(number, "a", b"1")
    clock.ms = 100_000
    assert arrivals.of(1, "a", b"1", again=True) == 100_000
    assert arrivals.of(3_001, "a", b"1", again=True) == 4_000
