"""Ten seeds of three random faults each; `python -m tests.chaos.harness --seeds 1-80 --report FILE` runs more."""

import pytest

from tests.chaos.harness.run import run_replaced_log, run_seed

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@pytest.mark.parametrize("seed", range(1, 11))
async def test_nothing_is_lost_under_three_faults(seed: int) -> None:
    outcome = await run_seed(seed)
    assert [effect.name for effect in outcome.effects if not effect.hits] == [], "a fault touched nothing"
    assert outcome.violations == []


@pytest.mark.parametrize("wiped", [False, True], ids=["older", "empty"])
async def test_another_log_is_refused_until_an_operator_decides(wiped: bool) -> None:
    outcome = await run_replaced_log(1, wiped=wiped)
    assert outcome.violations == []
