"""The broker goes away and comes back: the reactions take up where they were, without a hand."""

from datetime import date

from shared.contracts.vocabulary import GapClosure
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import NotifierFixture, closed, opened
from tests.support.platform.service import Api, eventually


async def test_gaps_are_received_again_after_a_broker_restart(notifier_env: NotifierFixture) -> None:
    first, second = new_id(), new_id()
    async with notifier_env.notifier() as api:
        await notifier_env.gap(opened(first))
        await eventually(lambda: _raised(api, 1))
        await notifier_env.server.stop()
        assert not await api.ready()
        await notifier_env.server.start()
        await eventually(api.ready)
        await eventually(lambda: _written(notifier_env, second))
        await eventually(lambda: _raised(api, 2))
        await notifier_env.gap(closed(first, date(2026, 11, 23), GapClosure.COVERED))
        await eventually(lambda: _raised(api, 1))


async def _written(notifier_env: NotifierFixture, gap: object) -> bool:
    """Write as soon as the writer's own connection is back."""
    if not notifier_env.metrics.client.is_connected:
        return False
    await notifier_env.gap(opened(gap))  # type: ignore[arg-type]  # an id of ours
    return True


async def _raised(api: Api, number: int) -> bool:
    answer = await api.client.get("/alerts", params={"state": "raised"})
    return len(answer.json()["items"]) == number
