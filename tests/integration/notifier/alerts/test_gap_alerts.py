"""One model of a gap: no mail speaks of a gap without its alert; what was missed is published once, by whoever comes first."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from services.notifier.application import pipeline
from services.notifier.application.alert_publisher import AlertPublisher
from shared.contracts.event import alert_id
from shared.contracts.vocabulary import GapClosure
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    UNIT,
    NotifierFixture,
    alert_in_state,
    alerts,
    closed,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api, eventually


async def nothing(_: AlertPublisher) -> None:
    """Publish nothing, as a fault would."""


async def preview(api: Api, position: int) -> dict[str, Any]:
    body: dict[str, Any] = (await api.client.get("/preview", params={"min_position": position})).json()
    return body


async def types(notifier_env: NotifierFixture) -> list[str]:
    return [event["type"].split(".")[3] for event in await notifier_env.log("alert")]


async def test_without_its_alert_no_mail_speaks_of_a_gap(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = opened(new_id())
    monkeypatch.setattr(pipeline, "PATIENCE", timedelta(seconds=0.2))
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        with monkeypatch.context() as broken:
            broken.setattr(AlertPublisher, "follow_gaps", nothing)
            position = await notifier_env.gap(gap)
            silent = await tick(api, position)
            shown = await preview(api, position)
            metrics = (await api.client.get("/metrics")).text
            listed = await alerts(api)
        answer = await tick(api, position)
        healed = await eventually(lambda: alerts(api))
    assert silent["sent"] == []
    assert shown["mails"] == []
    assert shown["unsaid"] == [{"unit_code": UNIT, "draft_code": gap.draft_code, "reason": "alert_pending"}]
    assert 'loa_alerts{state="pending"} 1.0' in metrics
    assert listed == []
    assert [line["reason"] for mail in answer["sent"] for line in mail["lines"]] == ["overdue_first"]
    assert [item["state"] for item in healed] == ["raised"]


async def test_no_thanks_before_the_alert_is_resolved(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = new_id()
    monkeypatch.setattr(pipeline, "PATIENCE", timedelta(seconds=0.2))
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await tick(api, await notifier_env.gap(opened(gap)))
        with monkeypatch.context() as broken:
            broken.setattr(AlertPublisher, "follow_gaps", nothing)
            position = await notifier_env.gap(closed(gap, date(2026, 11, 23), GapClosure.COVERED))
            silent = await tick(api, position, "2026-11-25")
        answer = await tick(api, position, "2026-11-25")
    assert silent["sent"] == []
    assert [line["reason"] for mail in answer["sent"] for line in mail["lines"]] == ["resolved_since"]


async def test_two_replicas_and_a_rebuild_publish_once(notifier_env: NotifierFixture) -> None:
    gap = new_id()
    async with notifier_env.notifier() as notifier, notifier_env.notifier() as two:
        await put_recipient(notifier)
        position = await notifier_env.gap(opened(gap))
        await asyncio.gather(*(tick(api, position) for api in (notifier, two)))
        await notifier.rebuild()
        await notifier_env.gap(closed(gap, date(2026, 11, 23), GapClosure.COVERED))
        await alert_in_state(notifier, "resolved")
        await two.rebuild()
        await tick(two, await notifier_env.head())
    assert sorted(await types(notifier_env)) == ["raised", "resolved", "sent"]


async def test_what_a_crash_left_out_is_published_by_the_next_start(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = new_id()
    with monkeypatch.context() as broken:
        broken.setattr(AlertPublisher, "follow_gaps", nothing)
        async with notifier_env.notifier() as api:
            await api.settled(await notifier_env.gap(opened(gap)))
            assert await alerts(api) == []
    async with notifier_env.notifier() as api:
        await alert_in_state(api, "raised")
    (event,) = await notifier_env.log("alert")
    assert event["subject"] == f"alert/{alert_id(gap, UNIT)}"
    (cause,) = await notifier_env.log("compliance")
    assert (event["causationid"], event["correlationid"]) == (cause["id"], cause["correlationid"])


async def test_a_gap_that_came_and_went_unnoticed_raises_no_alert(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = new_id()
    with monkeypatch.context() as broken:
        broken.setattr(AlertPublisher, "follow_gaps", nothing)
        async with notifier_env.notifier() as api:
            await notifier_env.gap(opened(gap))
            await api.settled(await notifier_env.gap(closed(gap, date(2026, 11, 23), GapClosure.COVERED)))
    async with notifier_env.notifier() as api:
        await notifier_env.gap(opened(new_id()))
        await alert_in_state(api, "raised")
    assert await types(notifier_env) == ["raised"]


async def test_rows_of_a_release_that_did_not_know_the_gap_are_filled_before_a_mail_is_planned(
    notifier_env: NotifierFixture,
) -> None:
    """A replica of the release before projected while this one was rolled out: its rows lack the gap."""
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        await alert_in_state(api, "raised")
    await notifier_env.change("UPDATE alert SET title = NULL, is_current = false, version = 0")
    async with notifier_env.notifier() as api:
        answer = await tick(api, position)
    assert [line["reason"] for mail in answer["sent"] for line in mail["lines"]] == ["overdue_first"]


async def test_a_cursor_that_is_none_is_refused(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        answers = [await api.client.get(path, params={"cursor": "eA"}) for path in ("/alerts", "/requests")]
    assert [answer.status_code for answer in answers] == [422, 422]
