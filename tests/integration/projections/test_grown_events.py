"""An event that gets one more optional field, as CONTRIBUTING allows, is projected by every service as before."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from shared.contracts.envelope import CATALOG, Recorded, decode
from shared.contracts.event import Event
from tests.contract.golden import MODELS, sample, wire
from tests.support.platform.projections import read_model
from tests.support.platform.service import SERVICES

ADDED = "added_later"
FIRST = (
    "vn.loa.unit.registered.v1",
    "vn.loa.draft.registered.v1",
)  # nothing is projected of what isn't registered


@contextmanager
def grown(model: type[Event]) -> Iterator[None]:
    """Give an event class one more optional field; dispatch is by class, so it has to be the class itself."""
    model.__pydantic_fields__[ADDED] = FieldInfo(annotation=str | None, default=None)
    model.model_rebuild(force=True)
    try:
        yield
    finally:
        del model.__pydantic_fields__[ADDED]
        model.model_rebuild(force=True)


def _events(models: Sequence[type[Event]], **added: str) -> list[Recorded]:
    """Read the newest sample of each type, with the fields `added`, in the order of a log."""
    documents = [sample(model) for model in models]
    for document in documents:
        document["data"] |= added
    return [decode(CATALOG, position, wire(document)) for position, document in enumerate(documents, start=1)]


def _in_order() -> list[type[Event]]:
    return sorted(MODELS, key=lambda model: model.type_name() not in FIRST)


@contextmanager
def all_grown() -> Iterator[None]:
    with ExitStack() as stack:
        for model in MODELS:
            stack.enter_context(grown(model))
        yield


def _without_added(value: Any) -> Any:
    """Leave the added field out of documents: those keep an event whole."""
    if isinstance(value, dict):
        return {key: _without_added(item) for key, item in value.items() if key != ADDED}
    return [_without_added(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("service", SERVICES)
async def test_every_grown_event_gives_the_same_rows(service: str, database_url: str) -> None:
    """One by one, and as one batch."""
    async with read_model(service, database_url) as rows:
        for event in _events(_in_order()):
            await rows.project([event])
        expected = await rows.rows()
        with all_grown():
            grown_events = _events(_in_order(), **{ADDED: "x"})
            assert all(getattr(event.data, ADDED) == "x" for event in grown_events)
            for batches in ([[event] for event in grown_events], [grown_events]):
                await rows.clear()
                for batch in batches:
                    await rows.project(batch)
                assert _without_added(await rows.rows()) == expected
    assert any(expected.values())
