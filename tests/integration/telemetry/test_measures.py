"""What is measured in the database says no more than what is wrong."""

import asyncio
from typing import Any

import asyncpg
import pytest
from tests.conftest import Addresses

from fansipan_analytics.measures.repository import MeasureRepository
from fansipan_common.db import Database
from fansipan_common.telemetry.registry import DATABASE_JOB_FAILED

REFUSED = """
SELECT j.proc_name FROM timescaledb_information.jobs j JOIN timescaledb_information.job_stats s USING (job_id)
WHERE s.last_run_status = 'Failed'
"""


async def test_a_job_that_the_apache_edition_refuses_has_not_failed(
    addresses: Addresses, owner: "asyncpg.Connection[Any]"
):
    if await owner.fetchval("SELECT current_setting('timescaledb.license')") != "apache":
        pytest.skip("this edition of TimescaleDB runs its jobs")
    async with asyncio.timeout(40):
        while not (refused := await owner.fetchval(REFUSED)):
            await asyncio.sleep(0.2)
    database = Database(addresses.database, application="test")
    measured = await MeasureRepository(database).read()
    await database.close()
    jobs = {
        measure.attributes["fansipan.database.job"]: measure.value
        for measure in measured
        if measure.instrument is DATABASE_JOB_FAILED
    }
    assert refused in jobs
    assert set(jobs.values()) == {0}
