"""Gaps become alerts, alerts become mails: once, on a working day, never for a day that has passed."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest

from services.notifier.adapters.delivery.ledger import SqlLedger
from shared.contracts.vocabulary import GapClosure, Role
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    OTHER,
    SUNDAY,
    UNIT,
    NotifierFixture,
    alert_in_state,
    alerts,
    changed,
    closed,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import eventually

TICKS = 4


async def test_a_single_mail_with_the_right_text(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        recipient = await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        first = await tick(api, position)
        second = await tick(api, position)
        alert = await alert_in_state(api, "raised")
        sent = await eventually(lambda: alerts(api, state="raised"))
    assert [(m["recipient_id"], m["unit_code"]) for m in first["sent"]] == [(recipient, UNIT)]
    assert second["sent"] == []
    assert [s["reason"] for s in second["skipped"]] == ["already_sent"]
    (mail,) = notifier_env.mails()
    assert mail["Subject"] == (
        "[Đôn đốc] Quá hạn 5 ngày làm việc: truyền thông dự thảo “Luật Đất đai (sửa đổi)”"
    )
    assert mail["To"] == "dau.moi@stp.example.vn"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Kính gửi: Sở Tư pháp tỉnh A" in body.get_content()
    assert "thời hạn theo dõi nội bộ: hết ngày 16/11/2026" in body.get_content()
    assert alert["overdue_working_days"] == 5
    assert sent[0]["unit_code"] == UNIT


async def test_sent_is_in_the_log_with_reason_and_opaque_recipient(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        recipient = await put_recipient(api)
        await tick(api, await notifier_env.gap(opened(new_id())))

        async def is_overdue() -> bool:
            return [a["last_reason"] for a in await alerts(api)] == ["overdue_first"]

        await eventually(is_overdue)
        (alert,) = await alerts(api)
        (line,) = await notifier_env.rows("SELECT recipient_id, announced FROM digest")
    assert alert["last_sent_day"] == "2026-11-23"
    assert line == {"recipient_id": type(line["recipient_id"])(recipient), "announced": True}


async def test_two_notifiers_at_the_same_moment_make_one_mail(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All four have planned the mail before any of them queues it: the ledger's key alone decides."""
    enqueue, planned, all_planned = SqlLedger.enqueue, 0, asyncio.Event()

    async def together(self: SqlLedger, mails: Sequence[Any], correlation_id: str, now: datetime) -> set[str]:
        nonlocal planned
        planned += len(mails)
        if planned == TICKS:
            all_planned.set()
        await all_planned.wait()
        return await enqueue(self, mails, correlation_id, now)

    async with notifier_env.notifier() as notifier, notifier_env.notifier() as two:
        await put_recipient(notifier)
        position = await notifier_env.gap(opened(new_id()))
        await alert_in_state(notifier, "raised")
        monkeypatch.setattr(SqlLedger, "enqueue", together)
        answers = await asyncio.gather(*(tick(api, position) for api in (notifier, two, notifier, two)))
    assert planned == TICKS
    assert len(await notifier_env.rows("SELECT 1 FROM digest")) == 1
    assert len(notifier_env.mails()) == 1
    assert sum(len(answer["sent"]) for answer in answers) == 1
    skipped = sorted(skip["reason"] for answer in answers for skip in answer["skipped"])
    assert skipped == ["already_sent"] * (TICKS - 1)


async def test_the_brokers_own_tick_sends(notifier_env: NotifierFixture) -> None:
    """Nobody calls the door: a gap, a recipient and the tick of the log's own clock are enough."""
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await notifier_env.gap(opened(new_id()))
        async with notifier_env.operator() as operator:
            await operator.jetstream().publish("loa-ticks.minute", b"")

        async def mailed() -> bool:
            return len(notifier_env.mails()) == 1

        await eventually(mailed)


async def test_what_was_done_is_thanked_for_on_the_next_working_day(notifier_env: NotifierFixture) -> None:
    gap = new_id()
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await tick(api, await notifier_env.gap(opened(gap)))
        position = await notifier_env.gap(closed(gap, date(2026, 11, 23), GapClosure.COVERED))
        await alert_in_state(api, "resolved")
        holiday = await tick(api, position, "2026-11-24")
        following = await tick(api, position, "2026-11-25")
        nothing = await tick(api, position, "2026-11-26")
    assert holiday["sent"] == []
    assert "không phải là ngày làm việc" in holiday["message"]["vi"]
    assert "25/11/2026" in holiday["message"]["vi"]
    assert [line["reason"] for m in following["sent"] for line in m["lines"]] == ["resolved_since"]
    body = notifier_env.mails()[-1].get_body(("plain",))
    assert body is not None
    assert "Trân trọng cảm ơn Sở Tư pháp tỉnh A" in body.get_content()
    assert [s["reason"] for s in nothing["skipped"]] == ["nothing_new"]


async def test_an_overdue_gap_is_named_again_after_five_working_days(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        days = ["2026-11-23", "2026-11-25", "2026-11-30", "2026-12-01", "2026-12-02"]
        reasons = {}
        for day in days:
            answer = await tick(api, position, day)
            reasons[day] = [line["reason"] for mail in answer["sent"] for line in mail["lines"]]
    assert reasons == {
        "2026-11-23": ["overdue_first"],
        "2026-11-25": [],
        "2026-11-30": [],
        "2026-12-01": ["overdue_repeat"],
        "2026-12-02": [],
    }


async def test_sunday_sends_nothing_and_names_the_next_day(notifier_env: NotifierFixture) -> None:
    notifier_env.clock.moment = SUNDAY
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        answer = await tick(api, await notifier_env.gap(opened(new_id())))
    assert answer["sent"] == []
    assert [s["reason"] for s in answer["skipped"]] == ["not_a_working_day"]
    assert "08 giờ 00 ngày 23/11/2026" in answer["message"]["vi"]
    assert notifier_env.mails() == []


async def test_before_eight_nothing_goes_out(notifier_env: NotifierFixture) -> None:
    notifier_env.clock.moment = MONDAY.replace(hour=7, minute=59)
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        early = await tick(api, position)
        notifier_env.clock.moment = MONDAY.replace(hour=8, minute=0)
        on_time = await tick(api, position)
    assert [s["reason"] for s in early["skipped"]] == ["before_hour"]
    assert len(on_time["sent"]) == 1


async def test_a_past_day_is_only_simulated(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        answer = await tick(api, position, "2026-11-17")
        ledger = await notifier_env.rows("SELECT 1 FROM digest")
        (alert,) = await alerts(api)
    assert answer["simulated"]
    assert answer["sent"] == []
    assert [s["reason"] for s in answer["skipped"]] == ["simulated"]
    assert ledger == []
    assert alert["last_sent_day"] is None
    assert notifier_env.mails() == []
    (mail,) = notifier_env.mails(notifier_env.settings.simulated_dir)
    assert "Quá hạn 1 ngày làm việc" in mail["Subject"]


async def test_preview_shows_and_keeps_nothing(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, language="en")
        position = await notifier_env.gap(opened(new_id()))
        preview = await api.client.get(
            "/preview", params={"at": "2026-11-23T10:00", "min_position": position}
        )
    (mail,) = preview.json()["mails"]
    assert mail["subject"].startswith("[Overdue] 5 working days")
    assert "<html" in mail["html"]
    assert "To: Sở Tư pháp tỉnh A" in mail["text"]
    assert notifier_env.mails() == []
    assert await notifier_env.rows("SELECT 1 FROM digest") == []


async def test_a_rebuild_sends_nothing_and_leaves_the_ledger(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        recipient = await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        await tick(api, position)
        before = await notifier_env.rows("SELECT * FROM digest")
        await api.rebuild()
        await tick(api, position)
        answer = await tick(api, position, "2026-11-25")
        after = await notifier_env.rows("SELECT * FROM digest")
        (alert,) = await eventually(lambda: alerts(api))
        listed = (await api.client.get(f"/units/{UNIT}/recipients")).json()["recipients"]
    assert [s["reason"] for s in answer["skipped"]] == ["nothing_new"]
    assert after == before
    assert len(notifier_env.mails()) == 1
    assert alert["last_sent_day"] == "2026-11-23"
    assert [r["recipient_id"] for r in listed] == [recipient]


async def test_a_transfer_resolves_the_old_units_alert_and_raises_the_new_ones(
    notifier_env: NotifierFixture,
) -> None:
    gap = new_id()
    async with notifier_env.notifier() as api:
        await notifier_env.gap(opened(gap))
        await alert_in_state(api, "raised")
        await notifier_env.gap(changed(gap, unit_code=OTHER))
        old = await alert_in_state(api, "resolved")
        new = await alert_in_state(api, "raised", OTHER)
    assert old["closure"] == "transferred"
    assert new["gap_id"] == str(gap)


async def test_who_owes_without_a_mailbox_is_named(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        answer = await tick(api, await notifier_env.gap(opened(new_id())))
    assert [(s["unit_code"], s["reason"]) for s in answer["skipped"]] == [(UNIT, "no_recipient")]


async def test_a_removed_mailbox_gets_nothing(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await api.client.put(f"/units/{UNIT}/recipients", json=[])
        answer = await tick(api, await notifier_env.gap(opened(new_id())))
    assert [s["reason"] for s in answer["skipped"]] == ["no_recipient"]


async def test_a_poison_message_is_terminated_and_the_next_message_taken(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        await notifier_env.metrics.client.jetstream().publish(f"loa.compliance.{new_id()}.gap_opened", b"{}")
        await api.client.post(
            "/projections/skip", json={"position": await notifier_env.head(), "reason": "test"}
        )
        await notifier_env.gap(opened(new_id()))
        assert (await alert_in_state(api, "raised"))["unit_code"] == UNIT


async def test_the_outbox_masks_addresses_but_for_the_operator(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier(public_read=True) as api:
        await put_recipient(api)
        ticked = await tick(api, await notifier_env.gap(opened(new_id())))
        key = ticked["sent"][0]["digest_key"]
        full = (await api.client.get("/outbox")).text
        async with api.as_(None) as anybody:
            refused = [
                (await anybody.get(path)).status_code
                for path in ("/outbox", f"/outbox/{key}", "/preview", f"/units/{UNIT}/recipients")
            ]
        shown = []
        for role in (Role.HEAD, Role.SUPERVISOR):
            async with api.as_(role, UNIT) as reader:
                masked = (await reader.get("/outbox")).text
                shown.append((masked, (await reader.get(f"/outbox/{key}")).text))
        async with api.as_(Role.SUPERVISOR, OTHER) as other:
            assert key not in (await other.get("/outbox")).text
            assert (await other.get(f"/outbox/{key}")).status_code == 404
        async with api.as_(Role.UNIT, UNIT) as unit:
            forbidden = await unit.post("/tick")
        missing = await api.client.get("/outbox/nothing")
    assert "dau.moi@stp.example.vn" in full
    for masked, mail in shown:
        assert "dau.moi" not in masked + mail
        assert "đầu mối" in masked
        assert "Quá hạn 5 ngày làm việc" in mail
    assert refused == [401, 401, 401, 401]
    assert (forbidden.status_code, missing.status_code) == (403, 404)


async def test_recipients_come_by_import_too(notifier_env: NotifierFixture) -> None:
    row = {"unit_code": UNIT, "role": "head", "email": "Lanh.Dao@stp.example.vn", "language": ""}
    async with notifier_env.notifier() as api:
        rows = [row, row, {**row, "unit_code": "NOBODY"}, {**row, "email": "a@b.vn\r\nBcc: c@d.vn"}]
        outcomes = await api.import_rows("recipients", rows)
        listed = (await api.client.get(f"/units/{UNIT}/recipients")).json()["recipients"]
    assert [o["status"] for o in outcomes] == ["taken", "unchanged", "refused", "refused"]
    assert [(r["email"], r["role"], r["language"]) for r in listed] == [
        ("lanh.dao@stp.example.vn", "head", "vi")
    ]
