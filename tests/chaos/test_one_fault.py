"""The harness itself, with two faults, of which the second makes mails: the seeds run seldom, and what no longer fits the product should show before."""

import pytest

from tests.chaos.harness.prepared import Prepared
from tests.chaos.harness.run import run_seed

pytestmark = pytest.mark.timeout(600)


async def test_the_harness_fits_the_product(prepared_run: Prepared) -> None:
    outcome = await run_seed(prepared_run, 1, ["database-kill-9", "smtp-drop-before"])
    assert [effect.hits > 0 for effect in outcome.effects] == [True, True]
    assert outcome.mails > 0
    assert outcome.violations == []
