"""One list of alerts is of one data set: live data if there are any, or the one that was named."""

from functools import partial
from typing import Any

import pytest

from shared.contracts.vocabulary import Dataset
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import NotifierFixture, opened
from tests.support.platform.service import Api, eventually

LIVE, EXERCISE = Dataset.LIVE, Dataset.EXERCISE


async def listed(api: Api, **query: str) -> set[str]:
    answer = await api.client.get("/alerts", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return {item["dataset"] for item in items}


@pytest.mark.parametrize(
    ("there", "named", "expected"),
    [
        ({LIVE, EXERCISE}, {}, {LIVE}),
        ({LIVE, EXERCISE}, {"dataset": "exercise"}, {EXERCISE}),
        ({EXERCISE}, {}, set()),  # its units are live
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
            await eventually(partial(listed, api, dataset=dataset))
        assert await listed(api, **named) == expected
