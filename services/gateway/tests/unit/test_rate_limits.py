"""Counting requests in this process: whose they are, and when the minute ends."""

from fansipan_gateway.access.domain import Kind, Reader
from fansipan_gateway.access.identification import identity_of
from fansipan_gateway.limits.domain import Rates
from fansipan_gateway.limits.service import Limiter


async def test_all_of_a_limit_is_given_and_no_more():
    limiter = Limiter(None, "")
    verdicts = [await limiter.hit("address:192.0.2.1", 130) for _ in range(140)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 130 + [False] * 10
    assert [verdict.remaining for verdict in verdicts] == [*range(129, -1, -1), *[0] * 10]
    assert all(1 <= verdict.reset <= 60 for verdict in verdicts)
    assert (await limiter.hit("address:192.0.2.2", 130)).allowed


async def test_who_counts_as_one_client():
    anybody = Reader(Kind.ANONYMOUS)
    assert identity_of(anybody, "192.0.2.1") != identity_of(anybody, "192.0.2.2")
    assert identity_of(anybody, "2001:db8::1") == identity_of(None, "2001:db8::ffff:2")
    assert identity_of(anybody, "2001:db8::1") != identity_of(anybody, "2001:db8:0:1::1")
    mai = Reader(Kind.OPERATOR, "mai", "viewer")
    assert identity_of(mai, "192.0.2.1") == identity_of(mai, "192.0.2.2")
    assert identity_of(mai, "") != identity_of(Reader(Kind.API_KEY, "mai"), "")


def test_rates_by_kind_of_reader():
    rates = Rates(anonymous=1, api_key=2, operator=3)
    readers = (None, Reader(Kind.ANONYMOUS), Reader(Kind.API_KEY, "k"), Reader(Kind.OPERATOR, "o"))
    assert [rates.of(reader) for reader in readers] == [1, 1, 2, 3]
