"""A snapshot asks whether anything is live once for each state of the log."""

from dataclasses import replace
from typing import Any

from sqlalchemy.event import listen

from services.metrics.adapters.read_model import SqlSnapshots
from services.metrics.adapters.tables import checkpoints
from shared.contracts.envelope import Recorded
from shared.contracts.registry import DraftRegistered
from shared.contracts.vocabulary import Dataset
from shared.projections.rows import Checkpoint
from tests.integration.metrics.streams import Stream
from tests.support.platform.projections import read_model

NAME = "metrics"


def _of_sample(event: Recorded) -> Recorded:
    if not isinstance(event.data, DraftRegistered):
        return event
    return replace(event, data=event.data.model_copy(update={"dataset": Dataset.SAMPLE}))


async def test_what_is_live_is_asked_again_after_an_event_alone(database_url: str) -> None:
    sample = [_of_sample(each) for each in Stream(1, drafts=1).registrations()]
    live = list(Stream(2, drafts=1).registrations())
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "EXISTS" in statement and "dataset" in statement:
            asked.append(statement)

    async with read_model("metrics", database_url) as model:
        snapshots = SqlSnapshots(model.engine, NAME, local_rules=False)
        listen(model.engine.sync_engine, "before_cursor_execute", note)

        async def seen() -> tuple[Dataset | None, int]:
            asked.clear()
            async with snapshots.snapshot() as snapshot:
                return snapshot.dataset, len(asked)

        async def record(events: list[Any], position: int) -> None:
            await model.project(events)
            async with model.engine.begin() as connection:
                before = await checkpoints.read(connection, NAME)
                await checkpoints.advance(connection, NAME, before, Checkpoint(position), of=NAME)

        await record(sample, 3)
        assert [await seen(), await seen()] == [(None, 1), (None, 0)]
        await record([replace(each, position=each.position + 3) for each in live], 6)
        assert [await seen(), await seen()] == [(Dataset.LIVE, 1), (Dataset.LIVE, 0)]
        async with snapshots.snapshot(3) as earlier:
            assert earlier.dataset is None
        assert await seen() == (Dataset.LIVE, 0)
