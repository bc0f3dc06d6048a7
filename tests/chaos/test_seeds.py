"""Eight seeds of five random faults each and two that replace the log; `python -m tests.chaos.harness` runs more."""

import pytest

from tests.chaos.harness.prepared import Prepared
from tests.chaos.harness.run import run_seed

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]


@pytest.mark.parametrize("seed", range(1, 11))
async def test_nothing_is_lost_under_faults(prepared_run: Prepared, seed: int) -> None:
    outcome = await run_seed(prepared_run, seed)
    assert [effect.name for effect in outcome.effects if not effect.hits] == [], "a fault touched nothing"
    assert outcome.violations == []
