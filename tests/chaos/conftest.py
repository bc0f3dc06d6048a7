"""What the runs of the harness share."""

from collections.abc import AsyncIterator

import pytest

from tests.chaos.harness.prepared import Prepared, prepared


@pytest.fixture(scope="session")
async def prepared_run() -> AsyncIterator[Prepared]:
    async with prepared() as made:
        yield made
