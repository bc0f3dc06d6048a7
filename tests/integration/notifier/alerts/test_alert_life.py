"""An alert beside its life: snoozed, escalated, silenced; asked for by state, shown in the preview with reasons."""

from datetime import date, timedelta

from shared.contracts.envelope import AggregateRef
from shared.contracts.event import unit_id
from shared.contracts.registry import UnitRegistered
from shared.contracts.vocabulary import Role, UnitKind, UnitLevel
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    UNIT,
    NotifierFixture,
    alert_in_state,
    alerts,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api, eventually

BELOW = "SO-01"


async def a_unit_below(notifier_env: NotifierFixture) -> int:
    """A department under UNIT, with nobody to write to."""
    unit = UnitRegistered(
        unit_code=BELOW,
        unit_name="Sở Xây dựng tỉnh A",
        level=UnitLevel.PROVINCIAL,
        kind=UnitKind.DEPARTMENT,
        parent_code=UNIT,
    )
    return await notifier_env.registry.write(AggregateRef("unit", unit_id(BELOW)), unit)


async def in_state(api: Api, state: str) -> list[str]:
    return [alert["draft_code"] for alert in await alerts(api, state=state)]


async def test_a_unit_without_recipients_is_covered_by_its_superior(
    notifier_env: NotifierFixture,
) -> None:
    notifier_env.clock.moment = MONDAY + timedelta(days=2)  # no list goes out
    async with notifier_env.notifier() as api:
        await put_recipient(api, role="supervisor")
        await a_unit_below(notifier_env)
        gap = opened(new_id(), unit_code=BELOW)
        position = await notifier_env.gap(gap)
        answer = await tick(api, position)
        missing = (await api.client.get("/recipients/missing")).json()["units"]
        (escalated,) = await eventually(lambda: alerts(api, state="escalated"))
    (digest,) = [mail for mail in answer["sent"] if mail["kind"] == "digest"]
    assert [line["reason"] for line in digest["lines"]] == ["overdue_first"]
    assert [(s["unit_code"], s["detail"]) for s in answer["skipped"] if s["reason"] == "no_recipient"] == [
        (BELOW, UNIT)
    ]
    assert missing == [{"unit_code": BELOW, "read_by": UNIT}]
    assert (escalated["escalated_to"], escalated["draft_code"]) == (UNIT, gap.draft_code)
    text = next(mail for mail in notifier_env.mails() if "Báo cáo" in mail["Subject"]).get_body(("plain",))
    assert text is not None
    assert "1. Cơ quan chủ trì soạn thảo: Sở Xây dựng tỉnh A – quá hạn 6 ngày làm việc" in text.get_content()
    assert "chưa có người nhận thư" in text.get_content()


async def test_on_the_day_of_the_list_a_superior_gets_one_mail(notifier_env: NotifierFixture) -> None:
    """One unit below is late and reads itself, another one lists nobody: list and digest had the same subject and drafts."""
    async with notifier_env.notifier() as api:
        await put_recipient(api, role="supervisor", email="Giam.Sat@stp.example.vn")
        await a_unit_below(notifier_env)
        gap = opened(new_id(), unit_code=BELOW)
        position = await notifier_env.gap(gap)
        first = await tick(api, position)
        again = await tick(api, position)
        rows = await notifier_env.rows(
            "SELECT kind, gap_id, reason FROM digest JOIN digest_line USING (digest_key)"
        )
    assert [(mail["kind"], len(mail["lines"])) for mail in first["sent"] if mail["lines"]] == [
        ("weekly_list", 1)
    ]
    assert again["sent"] == []
    assert rows == [{"kind": "weekly_list", "gap_id": gap.gap_id, "reason": "overdue_first"}]


async def test_what_is_late_by_five_days_is_read_of_above_until_a_day_is_named(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api, role="head", email="giam.doc@stp.example.vn")
        await a_unit_below(notifier_env)
        await put_recipient(api, BELOW)
        gap = opened(new_id(), unit_code=BELOW)
        answer = await tick(api, await notifier_env.gap(gap))
        by_unit = {mail["unit_code"]: mail for mail in answer["sent"] if mail["kind"] == "digest"}
        await eventually(lambda: in_state(api, "escalated"))
    assert [line["reason"] for line in by_unit[UNIT]["lines"]] == ["escalated"]
    assert by_unit[UNIT]["subject"] == "[Báo cáo] Danh sách đơn vị chậm thực hiện tính đến ngày 23/11/2026"
    assert [line["reason"] for line in by_unit[BELOW]["lines"]] == ["overdue_first"]


async def test_a_snoozed_alert_is_skipped_with_its_reason_in_the_preview(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        gap = opened(new_id(), due_on=date(2026, 11, 25))
        position = await notifier_env.gap(gap)
        alert = await alert_in_state(api, "raised")
        path, body = f"/alerts/{alert['alert_id']}/snooze", {"until": "2026-11-25", "reason": "đã lên lịch"}
        async with api.as_(Role.UNIT, "STP-02") as stranger, api.as_(Role.UNIT, UNIT) as unit:
            refused = await stranger.post(path, json=body)
            done = await unit.post(path, json=body)
        position = int(done.headers["Loa-Position"])
        preview = (await api.client.get("/preview", params={"min_position": position})).json()
        listed = await in_state(api, "snoozed")
        answer = await tick(api, position)
    assert (refused.status_code, done.status_code) == (403, 200)
    assert preview["mails"] == []
    assert preview["unsaid"] == [{"unit_code": UNIT, "draft_code": gap.draft_code, "reason": "snoozed"}]
    assert listed == [gap.draft_code]
    assert answer["sent"] == []


async def test_a_silence_is_recorded_in_the_log(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        gap = opened(new_id())
        position = await notifier_env.gap(gap)
        body = {
            "draft_code": gap.draft_code,
            "last_day": str(MONDAY.date()),
            "reason": "Chờ ý kiến của Ủy ban",
        }
        await api.client.post("/silences", json=body)
        quiet = await tick(api, position)
        await eventually(lambda: in_state(api, "silenced"))
        after = await tick(api, position, "2026-11-25")
    assert quiet["sent"] == []
    assert [line["reason"] for mail in after["sent"] for line in mail["lines"]] == ["overdue_first"]
