"""What units owe of their programmes goes out by mail from the log on: once, again when it is late, never after it was done."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contracts import programme
from shared.contracts.envelope import AggregateRef
from shared.contracts.event import Event, programme_id
from tests.integration.notifier.notifier_fixture import (
    ABOVE,
    OTHER,
    UNIT,
    NotifierFixture,
    Writer,
    put_recipient,
    tick,
)

COMMUNE, JUSTICE = "xa@tinh-a.example.vn", "stp@tinh-a.example.vn"
TASK, OBSTACLE = UUID(int=1), UUID(int=2)
YEAR = 2026


@pytest.fixture
async def campaigns(notifier_env: NotifierFixture) -> AsyncIterator[Writer]:
    async with notifier_env.server_as("campaigns") as client:
        yield Writer(client)


def entry(model: type[programme.ProgrammeEntry], number: int, unit: str = OTHER, **more: Any) -> Event:
    return model(
        **{"entry_id": UUID(int=number), "unit_code": unit, "year": YEAR, "title": "Một việc"} | more
    )


async def enter(campaigns: Writer, *events: Event, unit: str = OTHER) -> int:
    return await campaigns.write(AggregateRef("programme", programme_id(unit, YEAR)), *events)


def bodies(env: NotifierFixture, address: str) -> list[str]:
    mine = [mail for mail in env.mails() if mail["To"] == address and "Thay đổi" not in mail["Subject"]]
    mails = sorted(mine, key=lambda mail: mail["Date"].datetime)
    plain = [mail.get_body(("plain",)) for mail in mails]
    return [" ".join(body.get_content().split()) for body in plain if body is not None]


def at(env: NotifierFixture, day: date) -> None:
    env.clock.moment = datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)


async def test_a_task_is_reminded_until_it_is_done(notifier_env: NotifierFixture, campaigns: Writer) -> None:
    assigned = entry(
        programme.ProgrammeTaskAssigned,
        1,
        UNIT,
        title="Đối thoại với doanh nghiệp",
        happened_on=date(2026, 9, 1),
        lead_unit_code=OTHER,
        due_on=date(2026, 11, 20),
        needs_acceptance=True,
    )
    async with notifier_env.notifier() as api:
        await put_recipient(api, OTHER, email=COMMUNE)
        await put_recipient(api, UNIT, email=JUSTICE)
        position = await enter(campaigns, assigned, unit=UNIT)
        preview = (await api.client.get("/preview", params={"min_position": position})).json()
        first = await tick(api, position)
        again = await tick(api, position)
        at(notifier_env, date(2026, 12, 1))
        repeated = await tick(api, position)
        step = {"of_entry": TASK, "happened_on": date(2026, 12, 1)}
        position = await enter(
            campaigns,
            entry(programme.ProgrammeTaskReported, 3, UNIT, lead_unit_code=OTHER, **step),
            unit=UNIT,
        )
        at(notifier_env, date(2026, 12, 2))
        waiting = await tick(api, position)
        position = await enter(
            campaigns,
            entry(programme.ProgrammeTaskAccepted, 4, UNIT, of_entry=TASK, happened_on=date(2026, 12, 2)),
            unit=UNIT,
        )
        at(notifier_env, date(2026, 12, 15))
        done = await tick(api, position)
    assert [mail["kind"] for mail in preview["mails"]] == ["duties"]
    assert [mail["kind"] for mail in first["sent"]] == ["duties"]
    assert again["sent"] == []
    assert [mail["kind"] for mail in repeated["sent"]] == ["duties"]
    assert [mail["unit_code"] for mail in waiting["sent"]] == [UNIT]
    assert done["sent"] == []
    before, after = bodies(notifier_env, COMMUNE)
    assert "Nhiệm vụ “Đối thoại với doanh nghiệp”" in before
    assert "hết ngày 20/11/2026; quá hạn 1 ngày làm việc" in before
    assert "quá hạn 6 ngày làm việc" in after
    (asked,) = bodies(notifier_env, JUSTICE)
    assert "Xem xét, chấp nhận kết quả nhiệm vụ “Đối thoại với doanh nghiệp” đã được báo cáo" in asked


async def test_who_raised_an_obstacle_reads_of_each_step_once(
    notifier_env: NotifierFixture, campaigns: Writer
) -> None:
    raised = entry(
        programme.ProgrammeObstacleRaised,
        2,
        title="Chưa bố trí được kinh phí",
        entry_ref="VM-1",
        happened_on=date(2026, 11, 2),
        lead_unit_code=UNIT,
        due_on=date(2026, 11, 10),
    )
    forwarded = entry(
        programme.ProgrammeObstacleForwarded,
        3,
        of_entry=OBSTACLE,
        happened_on=date(2026, 11, 20),
        lead_unit_code=ABOVE,
    )
    decided = entry(
        programme.ProgrammeObstacleDecided,
        4,
        of_entry=OBSTACLE,
        happened_on=date(2026, 11, 25),
        lead_unit_code=ABOVE,
        document="Công văn số 15/UBND",
        note="Bố trí trong quý IV",
    )
    async with notifier_env.notifier() as api:
        await put_recipient(api, OTHER, email=COMMUNE)
        followed = await notifier_env.follow(OTHER)
        await api.client.get("/alerts", params={"min_position": followed})
        await put_recipient(api, ABOVE, email=JUSTICE, role="supervisor")
        position = await enter(campaigns, raised, forwarded)
        await tick(api, position)
        at(notifier_env, date(2026, 11, 25))
        position = await enter(campaigns, decided)
        await tick(api, position)
        at(notifier_env, date(2026, 11, 26))
        quiet = await tick(api, position)
    first, second = bodies(notifier_env, COMMUNE)
    assert (
        "“Chưa bố trí được kinh phí” (VM-1) Ngày 20/11/2026: đã được chuyển đến Ủy ban nhân dân tỉnh A"
        in first
    )
    assert "Ngày 25/11/2026: Ủy ban nhân dân tỉnh A đã quyết định giải quyết" in second
    assert "Công văn số 15/UBND" in second
    assert "20/11/2026" not in second
    assert quiet["sent"] == []
    (overdue,) = bodies(notifier_env, JUSTICE)
    assert (
        "giải quyết khó khăn, vướng mắc “Chưa bố trí được kinh phí” (VM-1) của Sở Tài chính tỉnh A" in overdue
    )
    assert "hết ngày 10/11/2026" in overdue
