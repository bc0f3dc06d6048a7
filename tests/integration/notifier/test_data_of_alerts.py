"""One list of alerts is of one data set: live if there is any, else what is there, or the one that was named."""

from typing import Any

import pytest

from shared.contracts.vocabulary import Dataset
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import NotifierFixture, opened
from tests.support.platform.service import Api

LIVE, EXERCISE = Dataset.LIVE, Dataset.EXERCISE


async def listed(api: Api, position: int, **query: str) -> set[str]:
    answer = await api.client.get("/alerts", params={"min_position": position, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return {item["dataset"] for item in items}


@pytest.mark.parametrize(
    ("there", "named", "expected"),
    [
        ({LIVE, EXERCISE}, {}, {LIVE}),
        ({LIVE, EXERCISE}, {"dataset": "exercise"}, {EXERCISE}),
        ({EXERCISE}, {}, {EXERCISE}),
        ({EXERCISE}, {"dataset": "live"}, set()),
    ],
)
async def test_a_list_of_alerts_is_about_one_data_set(
    notifier_env: NotifierFixture, there: set[Dataset], named: dict[str, str], expected: set[Dataset]
) -> None:
    async with notifier_env.notifier() as api:
        for dataset in sorted(there):
            position = await notifier_env.gap(opened(new_id()).model_copy(update={"dataset": dataset}))
        await api.settled(position)
        position = await notifier_env.head()
        assert await listed(api, position, **named) == expected
