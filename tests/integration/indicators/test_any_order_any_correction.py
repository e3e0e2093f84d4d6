"""In whatever order events arrive, repeat and are corrected: every figure equals one computed from scratch."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.indicators.story import END, THINGS, Story, play
from tests.integration.indicators.town import Town

_SMALL = st.integers(0, 6)
_STORIES = st.builds(
    Story,
    seed=st.integers(0, 2**32),
    runs=st.integers(0, 12),
    dossiers=st.integers(0, 10),
    petitions=_SMALL,
    others=_SMALL,
    corrections=st.integers(0, 15),
    batches=st.integers(1, 6),
    upheavals=st.integers(0, 1),
)


@pytest.fixture(scope="module")
async def busy_town(town: Town) -> Town:
    """With things of many kinds, and two engines."""
    await town.open(engines=2)
    for key, (area, names, attributes) in THINGS.items():
        await town.place(key, area, *names, **attributes)
    return town


# A story is told again from its numbers: looking for a smaller one would take minutes and tell no more.
@settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=_STORIES)
async def test_every_figure_equals_one_from_scratch(busy_town: Town, story: Story) -> None:
    await busy_town.forget(END)
    await play(busy_town, story.turns())
    await busy_town.settle()
    count, wrong = await busy_town.differences(busy_town.oracle())
    assert not wrong, f"{len(wrong)} of {count} figures: " + "\n".join(wrong[:8])
