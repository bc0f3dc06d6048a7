"""What a unit answered about a task of its programme and the mails after it, to it and to who assigned it, over a month."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.notifier.domain.programmes.notices import Reminders
from services.notifier.domain.recipients.audience import Recipient
from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.rules.programme.states import EntryFact
from tests.unit.notifier.builders import CALENDAR, tree
from tests.unit.notifier.duties import OF_STP, OF_UBND, READER, book, entry, remembered, step, task
from tests.unit.notifier.mails import KINDS
from tests.unit.notifier.month import FIRST, LAST, Expected

TASK = task(due_on=date(2026, 11, 27), happened_on=date(2026, 11, 16))
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def on(number: int, kind: Kind, day: date, **more: Any) -> EntryFact:
    return step(number, kind, TASK, day, **more)


REPORTED = on(2, Kind.TASK_REPORTED, date(2026, 11, 24), lead_unit_code="XA")
RETURNED = on(3, Kind.TASK_RETURNED, date(2026, 11, 30))
ACCEPTED = on(4, Kind.TASK_ACCEPTED, date(2026, 11, 25))
EXTENDED = on(5, Kind.TASK_EXTENDED, date(2026, 11, 25), due_on=date(2026, 12, 18))
OBSTACLE = entry(6, Kind.OBSTACLE_RAISED, "XA", happened_on=date(2026, 11, 24), lead_unit_code="STP")
DECIDED = replace(
    step(7, Kind.OBSTACLE_DECIDED, OBSTACLE, date(2026, 12, 1), lead_unit_code="STP"), document="8/STP-PB"
)
UNTIL = date(2026, 12, 18)
ASKED = on(8, Kind.EXTENSION_REQUESTED, date(2026, 11, 25), lead_unit_code="XA", due_on=UNTIL)
GIVEN = on(9, Kind.TASK_EXTENDED, date(2026, 12, 1), due_on=UNTIL)
REFUSED = on(10, Kind.EXTENSION_REFUSED, date(2026, 12, 1), lead_unit_code="XA")
ABOUT_THE_TASK = replace(OBSTACLE, duty_id=TASK.entry_id)


def month(*facts: EntryFact, to: Recipient) -> Mapping[str, str]:
    """Write the mails of every working day to one mailbox, which remembers what it was reminded of."""
    before: Reminders = {}
    sent = {}
    for day in filter(CALENDAR.is_working, DAYS):
        present = [fact for fact in (TASK, *facts) if fact.happened_on is not None and fact.happened_on < day]
        notice = book(*present, day=day, recipients=(READER, OF_STP, OF_UBND)).notice(to, before)
        if notice is not None:
            mail = KINDS[notice.kind].render(notice, tree().unit(to.unit_code))
            sent[f"{day:%d/%m}"] = f"{mail.subject}\n{mail.text}"
            before = {**before, **remembered(notice)}
    return sent


URGING, ACCEPT = "[Đôn đốc]", "Xem xét, chấp nhận kết quả nhiệm vụ “Việc số 1” đã được báo cáo"
ASKS = "đã đề nghị gia hạn đến hết ngày 18/12/2026"
OWN, BELOW = "Nhiệm vụ “Việc số 1”", "Các việc sau của đơn vị khác đã quá thời hạn"
EVERY_WEEK = ["23/11", "30/11", "07/12", "14/12", "21/12"]
TABLE: Mapping[str, tuple[tuple[EntryFact, ...], Expected, Expected]] = {
    "no answer": (
        (),
        Expected(
            EVERY_WEEK,
            {
                "23/11": ["[Nhắc việc]", OWN, "hết ngày 27/11/2026; còn 3 ngày làm việc"],
                "30/11": [URGING, "quá hạn 1 ngày làm việc"],
                "07/12": [URGING, "quá hạn 6 ngày làm việc"],
            },
            {"23/11": [URGING, "quá hạn"]},
            never=(ACCEPT, BELOW),
        ),
        Expected(
            ["11/12"],
            {"11/12": ["[Báo cáo]", BELOW, "Đơn vị: UBND xã A", "quá hạn 10 ngày làm việc"]},
            never=(URGING, ACCEPT),
        ),
    ),
    "it was reported": (
        (REPORTED,),
        Expected(["23/11"], {"23/11": [OWN]}, never=(URGING,)),
        Expected(
            ["25/11", "02/12", "09/12", "16/12"],
            {
                "25/11": [
                    "[Nhắc việc]",
                    ACCEPT,
                    "Thời hạn trả lời: hết ngày 01/12/2026; còn 4 ngày làm việc",
                ],
                "02/12": [URGING, ACCEPT, "Thời hạn trả lời: hết ngày 01/12/2026; quá hạn 1 ngày làm việc"],
            },
            never=(BELOW, "Đơn vị giao", "27/11/2026"),
        ),
    ),
    "the report was sent back": (
        (REPORTED, RETURNED),
        Expected(
            ["23/11", "01/12", "08/12", "15/12", "22/12"],
            {"01/12": [URGING, OWN, "quá hạn 2 ngày làm việc"]},
            never=(ACCEPT,),
        ),
        Expected(["25/11", "11/12"], {"25/11": [ACCEPT], "11/12": [BELOW]}, {"11/12": [ACCEPT]}),
    ),
    "the report was accepted": (
        (REPORTED, ACCEPTED),
        Expected(["23/11"], never=(URGING,)),
        Expected(["25/11"], {"25/11": [ACCEPT]}, never=(URGING, BELOW)),
    ),
    "more time was given": (
        (EXTENDED,),
        Expected(
            ["23/11", "26/11", "11/12", "21/12"],
            {
                "23/11": ["hết ngày 27/11/2026"],
                "26/11": ["[Nhắc việc]", "hết ngày 18/12/2026; còn 16 ngày làm việc"],
                "21/12": [URGING, "hết ngày 18/12/2026; quá hạn 1 ngày làm việc"],
            },
            {day: ["27/11/2026"] for day in ("26/11", "11/12", "21/12")},
        ),
        Expected([]),
    ),
    "more time is asked for and nobody answers": (
        (ASKED,),
        Expected(
            EVERY_WEEK,
            {
                "30/11": [
                    "[Nhắc việc]",
                    "hết ngày 27/11/2026; đang chờ quyết định gia hạn",
                    f"Ngày 25/11/2026 {ASKS}, đang chờ Sở Tư pháp quyết định",
                ],
                "07/12": [f"Ngày 25/11/2026 {ASKS}, đang chờ UBND tỉnh A quyết định"],
            },
            never=(URGING, "quá hạn"),
        ),
        Expected(
            ["26/11"],
            {
                "26/11": [
                    "[Nhắc việc]",
                    "Xem xét đề nghị của UBND xã A gia hạn “Việc số 8” đến hết ngày 18/12/2026",
                    "Thời hạn trả lời: hết ngày 02/12/2026; còn 4 ngày làm việc",
                    "Lý do: Chờ kinh phí",
                ]
            },
            never=(URGING, BELOW),
        ),
    ),
    "more time is asked for and given": (
        (ASKED, GIVEN),
        Expected(
            ["23/11", "30/11", "02/12", "11/12", "21/12"],
            {
                "30/11": [ASKS],
                "02/12": [
                    "Đề nghị gia hạn, khó khăn, vướng mắc của đơn vị được xử lý như sau:",
                    "Ngày 01/12/2026: được gia hạn đến hết ngày 18/12/2026",
                    "hết ngày 18/12/2026; còn 12 ngày làm việc",
                ],
                "21/12": [URGING, "hết ngày 18/12/2026; quá hạn 1 ngày làm việc"],
            },
            {day: [ASKS, "27/11/2026"] for day in ("02/12", "11/12", "21/12")},
        ),
        Expected(["26/11"], never=(URGING, BELOW)),
    ),
    "more time is asked for and refused": (
        (ASKED, REFUSED),
        Expected(
            ["23/11", "30/11", "02/12", "09/12", "16/12"],
            {
                "30/11": ["[Nhắc việc]", ASKS],
                "02/12": [
                    URGING,
                    "Ngày 01/12/2026: không được gia hạn; thời hạn giữ nguyên",
                    "Nội dung: Đã gia hạn một lần",
                    "hết ngày 27/11/2026; quá hạn 3 ngày làm việc",
                ],
                "09/12": [URGING],
            },
            {day: [ASKS] for day in ("02/12", "09/12", "16/12")},
        ),
        Expected(["26/11", "11/12"], {"11/12": [BELOW]}, {"26/11": [BELOW]}),
    ),
    "an obstacle about the task waits": (
        (ABOUT_THE_TASK,),
        Expected(
            EVERY_WEEK,
            {
                day: [
                    "[Nhắc việc]",
                    OWN,
                    "Đã nêu khó khăn, vướng mắc ngày 24/11/2026, đang chờ Sở Tư pháp giải quyết",
                ]
                for day in EVERY_WEEK[1:]
            },
            {"23/11": ["Đã nêu"]},
            never=(URGING,),
        ),
        Expected(
            ["25/11", "11/12"],
            {"11/12": [BELOW, "Đã nêu khó khăn, vướng mắc ngày 24/11/2026"]},
        ),
    ),
    "an obstacle waits": (
        (OBSTACLE,),
        Expected(EVERY_WEEK, {"30/11": [URGING, OWN]}, never=("được xử lý như sau",)),
        Expected(["25/11", "11/12"], {"25/11": ["“Việc số 6”"], "11/12": [BELOW]}, {"25/11": [BELOW]}),
    ),
    "an obstacle was decided": (
        (OBSTACLE, DECIDED),
        Expected(
            ["23/11", "30/11", "02/12", "09/12", "16/12"],
            {
                "02/12": [
                    "được xử lý như sau",
                    "Ngày 01/12/2026: Sở Tư pháp đã quyết định giải quyết",
                    "8/STP-PB",
                ]
            },
            {day: ["được xử lý như sau"] for day in ("30/11", "09/12")},
        ),
        Expected(["25/11", "11/12"], {"11/12": [BELOW]}, {"11/12": ["“Việc số 6”"]}),
    ),
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("to", [READER, OF_STP], ids=["who owes it", "who assigned it"])
def test_the_mails_of_a_month(name: str, to: Recipient) -> None:
    facts, own, of_others = TABLE[name]
    expected = own if to is READER else of_others
    sent = month(*facts, to=to)
    expected.check(sent)
