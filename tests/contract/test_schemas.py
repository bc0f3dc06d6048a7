"""The working schemas of the repository are those that services answer with today."""

import orjson

from shared.contracts.event import Event
from tests.contract.golden import MODELS, REGENERATE, schema, schema_file
from tests.support.cases import for_each


@for_each(MODELS, lambda model: model.type_name())
def test_the_committed_schema_is_current(model: type[Event]) -> None:
    committed = orjson.loads(schema_file(model).read_bytes())
    assert committed == schema(model), f"commit the new schema: {REGENERATE}"
