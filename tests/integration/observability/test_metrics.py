"""Each figure of /metrics moves when that happens which it counts, on real services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import OPERATOR
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.streams import TICK_SUBJECT, TICKS
from shared.observability import signals
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.metrics.office import Office, ago, today
from tests.support.platform.service import SERVICES, Platform, eventually, open_platform
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

NEXT = load_rulebook().calendar.next_working_day(today()).isoformat()


@pytest.fixture
async def counted(
    new_nats: NatsServer,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Platform]:
    """Give the whole platform, whose gauges are read anew for every scrape."""
    monkeypatch.setattr(signals, "FRESH_SECONDS", 0.0)
    folder = tmp_path / "mail"
    async with open_platform(
        new_nats, keys, token_issuer, new_database, *SERVICES, mail_dir=folder
    ) as platform:
        yield platform


async def figure(platform: Platform, service: str, name: str, **labels: str) -> float:
    """Add up the samples of a name that bear these labels."""
    text = (await platform.services[service].client.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(
        sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
    )


async def reaches(platform: Platform, least: float, service: str, name: str, **labels: str) -> None:
    async def reached() -> bool:
        return await figure(platform, service, name, **labels) >= least

    await eventually(reached)


async def test_figures_follow_the_life_of_a_gap(counted: Platform) -> None:
    office = Office(counted, "COUNTED")
    await office.open()
    notifier = counted.services["notifier"]
    body = [{"role": "focal_point", "email": "dau.moi@stp.example.vn", "language": "vi"}]
    assert (await notifier.client.put(f"/units/{office.code}/recipients", json=body)).status_code == 200
    await office.enter("draft_consultation", ago(30))
    head = await counted.settled()
    async with connected(counted.server, OPERATOR) as operator:
        await operator.jetstream().publish(TICK_SUBJECT, b"", stream=TICKS)

    moved = {
        ("registry", "loa_append_seconds_count"): {"context": "draft", "outcome": "appended"},
        ("registry", "loa_appended_events_total"): {"type": "vn.loa.draft.stage_entered.v1"},
        ("registry", "loa_http_seconds_count"): {"route": "/drafts/{draft_code}/stages", "status": "201"},
        ("metrics", "loa_append_seconds_count"): {"context": "compliance"},
        ("metrics", "loa_gaps"): {"state": "overdue"},
        ("metrics", "loa_gaps_oldest_overdue_days"): {},
        ("notifier", "loa_messages_total"): {"consumer": "notifier-ticks", "outcome": "done"},
        ("notifier", "loa_alerts"): {"state": "raised"},
        ("notifier", "faststream_received_messages_total"): {},
    }
    for (service, name), labels in moved.items():
        await reaches(counted, 1, service, name, **labels)
        assert await figure(counted, service, "loa_collector_failures_total") == 0
    await reaches(counted, head, "registry", "loa_projection_position", projection="registry")
    assert await figure(counted, "registry", "loa_projection_lag_events") == 0

    assert (await notifier.client.post("/tick", json={"at": NEXT})).status_code == 200
    await reaches(counted, 1, "notifier", "loa_mails_total", outcome="sent")
    await reaches(counted, 1, "notifier", "loa_ledger_mails", state="sent")
    assert await figure(counted, "notifier", "loa_sending_held") == 0
    assert (await notifier.client.post("/sending/hold", json={"reason": "Thử"})).status_code == 200
    assert await figure(counted, "notifier", "loa_sending_held") == 1


async def test_a_poison_event_shows_as_halted_lagging_and_failed(counted: Platform) -> None:
    async with connected(counted.server, "notifier") as nc:
        await nc.jetstream().publish(f"loa.alert.{ID}.acknowledged", b"{ broken", stream=EVENTS)
    await reaches(counted, 1, "notifier", "loa_projection_halted", projection="notifier")
    await reaches(counted, 1, "notifier", "loa_projection_lag_events", projection="notifier")
    await reaches(counted, 0.1, "notifier", "loa_projection_lag_seconds", projection="notifier")
    await reaches(counted, 1, "campaigns", "loa_messages_total", outcome="dead_letter")


ID = "00000000-0000-0000-0000-000000000007"
