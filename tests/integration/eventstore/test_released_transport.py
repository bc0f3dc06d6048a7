"""What goes over the wire is what the newest release promises: stream, subject, media type, a valid document."""

import json
from datetime import date

import jsonschema

from deploy.local.engines.nats import NatsServer
from services.registry.domain.draft import draft
from services.registry.domain.draft_commands import Register
from shared.contracts.envelope import AggregateRef
from shared.contracts.event import SUPERVISION, draft_id
from shared.contracts.registry import DraftRegistered
from shared.contracts.vocabulary import Instrument, Regime
from shared.eventstore.handle import handle
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from tests.contract import releases
from tests.integration.eventstore.suite import META
from tests.support.servers.engines import connected

CODE = "LUAT-PHAT-HANH"


async def test_an_event_on_the_wire_keeps_the_promises_of_the_release(nats_server: NatsServer) -> None:
    command = Register(
        draft_id=draft_id(CODE),
        draft_code=CODE,
        title="Luật Đất đai",
        instrument=Instrument.LAW,
        lead_unit_code="BTP",
        regime=Regime.LAW_2015,
        by=SUPERVISION,
        today=date(2026, 11, 29),
    )
    promised = releases.releases()[-1].types[DraftRegistered.type_name()]
    ref = AggregateRef("draft", command.draft_id)
    async with connected(nats_server, "registry") as nc:
        await handle(JetStreamEventStore(nc), draft, ref, command, META, new_id=new_id)
    async with connected(nats_server, "operator") as operator:
        subject = promised.subject.replace("{id}", str(ref.id))
        message = await operator.jetstream().get_last_msg(promised.stream, subject)
    assert message.data is not None
    assert (message.headers or {})["Content-Type"] == promised.content_type
    document = json.loads(message.data)
    validator = jsonschema.Draft202012Validator(
        promised.schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(document)
    assert (document["draftcode"], document["unitcode"], document["dataset"]) == (CODE, "BTP", "live")
