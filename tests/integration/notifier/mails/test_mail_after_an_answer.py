"""From the log to the mail: what a unit answered, who was asked, how it was answered there, policies by name, a contact."""

from datetime import date, datetime

from shared.contracts.envelope import AggregateRef
from shared.contracts.event import alert_id, draft_id, programme_id
from shared.contracts.metrics import ComplianceGapOpened
from shared.contracts.notifier import AlertAcknowledged, AlertObstacleReported
from shared.contracts.programme import ProgrammeObstacleAnswered, ProgrammeObstacleRaised
from shared.contracts.registry import DraftPolicyAdded, DraftRegistered
from shared.contracts.vocabulary import Instrument, RecipientRole, Regime
from shared.kernel.local_day import VIETNAM
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    ABOVE,
    UNIT,
    NotifierFixture,
    Writer,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api

TUESDAY = date(2026, 12, 1)
NAMED = date(2026, 11, 30)


async def register(notifier_env: NotifierFixture, gap: ComplianceGapOpened) -> int:
    """Register the draft of a gap, with one policy by name."""
    draft = DraftRegistered(
        draft_id=gap.draft_id,
        draft_code=gap.draft_code,
        title=gap.title,
        instrument=Instrument.LAW,
        lead_unit_code=UNIT,
        regime=Regime.LAW_2025,
    )
    policy = DraftPolicyAdded(policy_no=1, title="Giao đất, cho thuê đất")
    return await notifier_env.registry.write(AggregateRef("draft", draft_id(gap.draft_code)), draft, policy)


async def text_on(notifier_env: NotifierFixture, api: Api, at: datetime, position: int) -> str:
    """Tick at a moment and give the text of the mail that the unit got."""
    notifier_env.clock.moment = at
    ticked = await tick(api, position)
    assert [mail["unit_code"] for mail in ticked["sent"] if mail["unit_code"] == UNIT] == [UNIT]
    (mail,) = (
        mail
        for mail in notifier_env.mails()
        if mail["To"] == "dau.moi@stp.example.vn" and mail["Date"].datetime.date() == at.date()
    )
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_the_card_has_what_the_log_has(notifier_env: NotifierFixture) -> None:
    gap = opened(new_id())
    of = {"gap_id": gap.gap_id, "draft_code": gap.draft_code, "unit_code": UNIT, "stage": gap.stage}
    alert = AggregateRef("alert", alert_id(gap.gap_id, UNIT))
    async with notifier_env.notifier() as api:
        await notifier_env.units()
        await notifier_env.follow()
        await put_recipient(api)
        await put_recipient(api, unit=ABOVE, role=RecipientRole.SUPERVISOR, email="theo.doi@ubnd.example.vn")
        await register(notifier_env, gap)
        await tick(api, await notifier_env.gap(gap))
        async with (
            notifier_env.server_as("notifier") as own,
            notifier_env.server_as("campaigns") as campaigns,
        ):
            answers, programme = Writer(own), Writer(campaigns, datetime(2026, 12, 1, 9, tzinfo=VIETNAM))
            named = AlertAcknowledged(alert_id=alert.id, planned_on=NAMED, **of)
            reported = AlertObstacleReported(
                alert_id=alert.id, obstacle="Chưa bố trí được kinh phí", to_unit_code=ABOVE, **of
            )
            position = await answers.write(alert, named, reported)
            before = await text_on(notifier_env, api, datetime(2026, 12, 1, 8, 30, tzinfo=VIETNAM), position)
            (entry,) = [
                event["id"]
                for event in await notifier_env.log("alert")
                if "obstacle_reported" in event["type"]
            ]
            about = {"unit_code": UNIT, "year": 2026, "title": "Kinh phí", "draft_code": gap.draft_code}
            position = await programme.write(
                AggregateRef("programme", programme_id(UNIT, 2026)),
                ProgrammeObstacleRaised(entry_id=entry, lead_unit_code=ABOVE, **about),
                ProgrammeObstacleAnswered(
                    entry_id=new_id(),
                    of_entry=entry,
                    happened_on=TUESDAY,
                    document="Công văn 8/UBND",
                    **about,
                ),
            )
        after = await text_on(notifier_env, api, datetime(2026, 12, 8, 8, 30, tzinfo=VIETNAM), position)
    assert "chính sách số 1 “Giao đất, cho thuê đất”, 2" in before
    assert "Quý cơ quan đã báo (23/11/2026): sẽ thực hiện ngày 30/11/2026." in before
    assert "vướng mắc đang chờ Ủy ban nhân dân tỉnh A trả lời." in before
    assert "Ủy ban nhân dân tỉnh A (theo.doi@ubnd.example.vn)" in before
    assert f"Trang của dự thảo: {notifier_env.settings.url_metrics}/drafts/{gap.draft_code}" in before
    assert "vướng mắc đã được trả lời ngày 01/12/2026, văn bản Công văn 8/UBND." in after
    assert "đang chờ" not in after
