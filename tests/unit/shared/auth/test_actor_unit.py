"""Which unit entered an event in another one's place stands in its envelope; where it is the same, nothing does."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from shared.contracts.envelope import CATALOG, AggregateRef, Metadata, NewEvent, decode, encode, following
from shared.contracts.event import About
from shared.contracts.registry import DraftRetitled

AT = datetime(2026, 11, 30, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("about", "by", "written"),
    [
        ("A-SYT", "A-STP", "A-STP"),
        ("A-SYT", "A-SYT", None),
        ("A-SYT", None, None),
        (None, "A-STP", "A-STP"),
    ],
)
def test_the_unit_of_who_acts_is_written_where_it_is_another(
    about: str | None, by: str | None, written: str | None
) -> None:
    metadata = Metadata(
        time=AT, actor="unit/1", correlation_id="c", about=About(unit_code=about), actor_unit=by
    )
    event = NewEvent(UUID(int=1), DraftRetitled(title="Luật"), metadata)
    payload = encode(AggregateRef("draft", UUID(int=2)), event, 1)
    assert orjson.loads(payload).get("actorunit") == written
    recorded = decode(CATALOG, 1, payload)
    assert recorded.metadata.actor_unit == written
    assert following(recorded, AT, "service/campaigns").actor_unit is None, "a service acts for no unit"
