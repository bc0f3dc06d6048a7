"""How a rebuild is divided: among how many processes, and which events belong together."""

import json
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.metrics.adapters.projection.division import apply_rest, division_of, draft_key
from services.metrics.settings import MOST_PROCESSES, processes_of
from shared.contracts.campaigns import CommunicationRetracted
from shared.kernel.errors import PermanentError
from shared.projections.batches import RawEvent
from shared.rules.rulebook.rulebook import RuleFile, rulebook_with
from tests.unit.metrics.events import recorded

DRAFT = UUID("0191cafe-0000-7000-8000-00000000000a")
MIB = 2**20


@pytest.mark.parametrize(
    ("processors", "memory", "processes"),
    [
        (1, None, 0),
        (2, None, 2),
        (64, None, MOST_PROCESSES),
        (64, 512 * MIB, 3),
        (2, 512 * MIB, 2),
        (4, 256 * MIB, 0),
        (4, 128 * MIB, 0),
    ],
)
def test_there_are_as_many_processes_as_processors_and_memory_for_them(
    processors: int, memory: int | None, processes: int
) -> None:
    assert processes_of(processors, memory) == processes


@pytest.mark.parametrize(
    ("subject", "payload", "key"),
    [
        (f"loa.draft.{DRAFT}.stage_entered", b"no JSON", str(DRAFT)),
        ("loa.communication.x.recorded", b'{"data": {"draft_id": "%s"}}' % str(DRAFT).encode(), str(DRAFT)),
        (
            "loa.communication.x.recorded",
            b'{"data": {"draft_id": "%s"}}' % str(DRAFT).upper().encode(),
            str(DRAFT),
        ),
        ("loa.communication.x.recorded", b'{"data": {"draft_id": "NQ-1"}}', None),
        ("loa.communication.x.recorded", b'{"data": {"draft_id": 7}}', None),
        ("loa.communication.x.recorded", b'{"data": []}', None),
        ("loa.communication.x.recorded", b"no JSON", None),
        (f"loa.unit.{DRAFT}.registered", b'{"data": {"draft_id": "%s"}}' % str(DRAFT).encode(), None),
        (f"loa.compliance.{DRAFT}.gap_opened", b'{"data": {"draft_id": "%s"}}' % str(DRAFT).encode(), None),
    ],
)
def test_events_about_a_draft_and_its_communications_belong_together(
    subject: str, payload: bytes, key: str | None
) -> None:
    assert draft_key(RawEvent(1, subject, payload, pending=0)) == key


async def test_an_event_about_a_draft_is_never_left_out() -> None:
    event = recorded(
        CommunicationRetracted(communication_id=DRAFT, draft_id=DRAFT, draft_code="D-1", reason="x"), 7
    )
    with pytest.raises(PermanentError, match=r"positions \[7\]"):
        await apply_rest(None, [event], [])  # type: ignore[arg-type]  # it is not reached


def test_under_local_rules_nothing_is_divided() -> None:
    row = {
        "regime": "law_2025_amended", "instruments": ["commune_decision"], "procedure": "ordinary", "area": ["DLK"],
        "valid_from": "2025-07-01", "grace_working_days": 1, "certainty": "read", "legal_basis": "43/2025/QĐ-UBND",
    }  # fmt: skip
    rules = (RuleFile("own.json", json.dumps({"rows": [row]})),)
    url = SecretStr("postgresql://localhost/x")
    assert division_of(rules, rulebook_with(rules), 2, url) is None
    assert division_of((), rulebook_with(()), 2, url) is not None
