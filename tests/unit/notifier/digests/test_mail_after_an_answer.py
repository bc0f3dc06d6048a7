"""What a unit answered and the mails after it: a month of working days, and the sentences that must and must not appear."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifier.application.ports import Mail
from services.notifier.domain.digest import Entry, compose
from services.notifier.domain.gaps.gap_alert import (
    APPROVED,
    REFUSED,
    WITHDRAWN,
    AlertContext,
    Gap,
    UnitRequest,
)
from services.notifier.domain.gaps.request_replies import Reply
from services.notifier.domain.gaps.unit_answers import ObstacleReply, UnitAnswer
from services.notifier.domain.notification.reasons import LastNotification
from shared.contracts.vocabulary import GapClosure, RequestKind
from tests.unit.notifier.builders import CALENDAR, answer, gap, recipient
from tests.unit.notifier.mails import DIGESTS, MINISTRY, NAMES
from tests.unit.notifier.month import FIRST, LAST, Expected

DUE = date(2026, 11, 25)
OWED = gap(1, due_on=DUE, title="Luật Thư viện")
POLICIES = {OWED.draft_code: {1: "Mạng lưới thư viện", 2: "Thư viện số"}}
CONTACTS = {"STP": "theo.doi@stp.example.vn"}
URGING = "[Đôn đốc]"


@dataclass(frozen=True)
class Story:
    """What the unit answered by each day, and what became of it; of the gap, too."""

    answers: tuple[UnitAnswer, ...] = ()
    replies: tuple[ObstacleReply, ...] = ()
    requests: Callable[[date], tuple[UnitRequest, ...]] = lambda _day: ()
    closed_on: date | None = None
    closure: GapClosure = GapClosure.COVERED

    def context(self, day: date) -> AlertContext:
        given = tuple(each for each in self.answers if each.on and each.on < day)
        named = [each.planned_on for each in given if each.planned_on]
        return AlertContext(
            answer=given[-1].name if given else None,
            answered_on=given[-1].on if given else None,
            planned_on=named[-1] if named else None,
            answers=given,
            replies=tuple(reply for reply in self.replies if reply.on < day),
            requests=self.requests(day),
        )

    def gap(self, day: date) -> Gap:
        if self.closed_on is None or day < self.closed_on:
            return OWED
        return replace(OWED, closed_on=self.closed_on, closure=self.closure)


def month(story: Story) -> Mapping[date, Mail]:
    """Write the digests of every working day to one mailbox, which remembers what it was notified of."""
    notified: dict[UUID, LastNotification] = {}
    sent: dict[date, Mail] = {}
    for day in _working_days():
        entry = Entry(gap=story.gap(day), context=story.context(day))
        digest = compose(recipient(), [entry], notified, day, CALENDAR)
        if digest is None:
            continue
        named = replace(digest, unit_names=NAMES, policy_names=POLICIES, contacts=CONTACTS)
        sent[day] = DIGESTS.render(named, MINISTRY)
        for line in digest.lines:
            notified[line.gap.gap_id] = LastNotification(
                day=day,
                standing=line.standing,
                due_on=line.gap.due_on,
                policies=line.gap.policies,
                unit_code=line.gap.unit_code,
            )
    return sent


def _working_days() -> Iterator[date]:
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return (day for day in days if CALENDAR.is_working(day))


PLAN = answer("acknowledged", date(2026, 11, 29), planned_on="2026-12-04")
LATER = answer("acknowledged", date(2026, 12, 3), 2, planned_on="2026-12-18")
OBSTACLE = answer("obstacle_reported", date(2026, 11, 30), 3, "STP", obstacle="Chưa bố trí được kinh phí")
REPLY = ObstacleReply(
    answer_id=OBSTACLE.answer_id or UUID(int=0), on=date(2026, 12, 2), document="Công văn 8/STP-PB"
)
REQUEST = UnitRequest(
    request_id=UUID(int=1),
    draft_code=OWED.draft_code,
    title=OWED.title,
    instrument=OWED.instrument,
    dataset=OWED.dataset,
    kind=RequestKind.EXEMPTION,
    unit_code=OWED.unit_code,
    raised_on=date(2026, 11, 26),
    decider_code="STP",
    document="Công văn 99/VPCP-PL",
    answer_by=date(2026, 12, 10),
)


def waiting(day: date) -> tuple[UnitRequest, ...]:
    return (REQUEST,) if REQUEST.raised_on < day else ()


def refused(day: date) -> tuple[UnitRequest, ...]:
    decided = replace(
        REQUEST,
        state=REFUSED,
        settled_on=date(2026, 12, 8),
        settled_by="STP",
        settlement_reason="Văn bản không miễn việc truyền thông",
    )
    return waiting(day) if day <= date(2026, 12, 8) else (decided,)


def granted(day: date) -> tuple[UnitRequest, ...]:
    decided = replace(REQUEST, state=APPROVED, settled_on=date(2026, 12, 8), settled_by="STP")
    return waiting(day) if day <= date(2026, 12, 8) else (decided,)


def withdrawn(day: date) -> tuple[UnitRequest, ...]:
    """The unit took it back on 02/12."""
    return waiting(day) if day <= date(2026, 12, 2) else (replace(REQUEST, state=WITHDRAWN),)


def transfer(day: date) -> tuple[UnitRequest, ...]:
    asked: dict[str, Any] = {
        "kind": RequestKind.TRANSFER,
        "document": None,
        "reason": "Phân công mới",
        "to_unit": "Sở B",
    }
    return tuple(replace(request, **asked) for request in waiting(day))


def replied(**more: Any) -> Callable[[date], tuple[UnitRequest, ...]]:
    """Let the department reply on 01/12; with `to_unit_code` it passes the request on."""
    reply = Reply(
        reply_id=UUID(int=7),
        unit_code=REQUEST.unit_code,
        on=date(2026, 12, 1),
        words="Đề nghị gửi kèm văn bản",
        draft_code=REQUEST.draft_code,
        title=REQUEST.title,
        instrument=REQUEST.instrument,
        dataset=REQUEST.dataset,
        by_unit_code="STP",
        request_id=REQUEST.request_id,
        **more,
    )
    decider = more.get("to_unit_code", REQUEST.decider_code)

    def requests(day: date) -> tuple[UnitRequest, ...]:
        after: dict[str, Any] = {"replies": (reply,), "decider_code": decider} if day > reply.on else {}
        return tuple(replace(request, **after) for request in waiting(day))

    return requests


ALWAYS = (
    "1 “Mạng lưới thư viện”, 2 “Thư viện số”",
    "Trang của dự thảo: https://loa.vn/drafts/LUAT-1",
    "Đầu mối liên hệ của cơ quan theo dõi: Sở Tư pháp (theo.doi@stp.example.vn).",
)
NOTHING_ASKED = ("Quý cơ quan đã báo", "đang chờ")

TABLE: Mapping[str, tuple[Story, Expected]] = {
    "no answer": (
        Story(),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {"26/11": [URGING], "03/12": [URGING, "Quá hạn 6 ngày làm việc"]},
            never=NOTHING_ASKED,
        ),
    ),
    "a day was named": (
        Story((PLAN,)),
        Expected(
            ["23/11", "26/11", "07/12", "14/12", "21/12"],
            {
                "07/12": [
                    "Đã qua ngày báo thực hiện 04/12/2026",
                    "Quý cơ quan đã báo (29/11/2026): sẽ thực hiện ngày 04/12/2026.",
                    "Ngày thực hiện mà đơn vị đã báo (04/12/2026) đã qua",
                ]
            },
            {"26/11": ["Quý cơ quan đã báo"]},
            never=("chưa đến ngày đó", "tạm dừng thêm"),
        ),
    ),
    "the day was put off": (
        Story((PLAN, LATER)),
        Expected(
            ["23/11", "26/11", "07/12", "14/12", "21/12"],
            {
                "07/12": [
                    "Quý cơ quan đã báo (03/12/2026): sẽ thực hiện ngày 18/12/2026, thay cho ngày 04/12/2026",
                    "việc nhắc đã tạm dừng một lần, đến hết ngày 04/12/2026",
                    "việc tạm dừng thêm do cơ quan theo dõi xem xét, quyết định",
                ]
            },
            never=("Ngày thực hiện mà đơn vị đã báo (18/12/2026)",),
        ),
    ),
    "a day was named and done": (
        Story((PLAN,), closed_on=date(2026, 12, 4)),
        Expected(
            ["23/11", "26/11", "04/12"],
            {"04/12": ["[Ghi nhận]", "Trân trọng cảm ơn"]},
            {"04/12": [URGING, "Quá hạn"]},
        ),
    ),
    "the stage ended before the day": (
        Story((PLAN,), closed_on=date(2026, 12, 1), closure=GapClosure.STAGE_LEFT),
        Expected(["23/11", "26/11"]),
    ),
    "an obstacle waits": (
        Story((OBSTACLE,)),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                day: [
                    "[Nhắc việc] Đang chờ Sở Tư pháp trả lời",
                    (
                        "Quý cơ quan đã báo (30/11/2026) có vướng mắc: “Chưa bố trí được kinh phí”; vướng mắc đang chờ "
                        "Sở Tư pháp trả lời."
                    ),
                    "vướng mắc của đơn vị đang chờ trả lời, thời hạn không thay đổi",
                ]
                for day in ("03/12", "10/12")
            },
            {day: [URGING, "khẩn trương", "Đôn đốc lại"] for day in ("03/12", "10/12")},
        ),
    ),
    "an obstacle was answered": (
        Story((OBSTACLE,), (REPLY,)),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                "03/12": [
                    URGING,
                    "vướng mắc đã được trả lời ngày 02/12/2026, văn bản Công văn 8/STP-PB.",
                    "khẩn trương",
                ]
            },
            never=("đang chờ",),
        ),
    ),
    "a day and an obstacle": (
        Story((PLAN, OBSTACLE)),
        Expected(
            ["23/11", "26/11", "07/12", "14/12", "21/12"],
            {
                "07/12": [
                    "[Nhắc việc] Đang chờ Sở Tư pháp trả lời",
                    "Quý cơ quan đã báo (29/11/2026): sẽ thực hiện ngày 04/12/2026.",
                    "vướng mắc đang chờ Sở Tư pháp trả lời.",
                ]
            },
            {"07/12": [URGING]},
        ),
    ),
    "a request waits": (
        Story(requests=waiting),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                "03/12": [
                    "[Nhắc việc] Đang chờ Sở Tư pháp trả lời",
                    "Công văn 99/VPCP-PL, gửi ngày 26/11/2026; Sở Tư pháp xem xét, quyết định trước khi hết ngày 10/12/2026",
                ],
                "17/12": ["Sở Tư pháp xem xét, quyết định"],
            },
            {"03/12": [URGING, "khẩn trương"], "17/12": ["trước khi hết ngày"]},
        ),
    ),
    "a request was refused": (
        Story(requests=refused),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                "03/12": ["Đang chờ Sở Tư pháp trả lời"],
                "10/12": [
                    URGING,
                    "Sở Tư pháp không chấp thuận đề nghị",
                    "Văn bản không miễn việc truyền thông",
                ],
            },
            {"10/12": ["Đang chờ"]},
        ),
    ),
    "a request was granted": (
        Story(requests=granted, closed_on=date(2026, 12, 8), closure=GapClosure.EXEMPTED),
        Expected(
            ["23/11", "26/11", "03/12"],
            {"03/12": ["Đang chờ Sở Tư pháp trả lời"]},
            {"03/12": [URGING, "khẩn trương"]},
        ),
    ),
    "a request was withdrawn": (
        Story(requests=withdrawn),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {day: [URGING, "khẩn trương"] for day in ("03/12", "10/12", "17/12")},
            never=("Đang chờ", "đang chờ quyết định", "Công văn 99/VPCP-PL"),
        ),
    ),
    "a transfer waits": (
        Story(requests=transfer),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                "03/12": [
                    "[Nhắc việc] Đang chờ Sở Tư pháp trả lời",
                    "đề nghị chuyển dự thảo cho đơn vị khác chủ trì (Sở B), gửi ngày 26/11/2026",
                    "thời hạn không thay đổi trong thời gian chờ",
                ]
            },
            {"03/12": [URGING, "khẩn trương"]},
            never=("đề nghị miễn truyền thông theo",),
        ),
    ),
    "a request was answered and not decided": (
        Story(requests=replied()),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                "03/12": [
                    "[Nhắc việc] Đang chờ Sở Tư pháp trả lời",
                    "Sở Tư pháp trả lời ngày 01/12/2026, chưa quyết định: Đề nghị gửi kèm văn bản",
                ]
            },
            {"26/11": ["chưa quyết định"], "03/12": [URGING, "khẩn trương"]},
            never=("không chấp thuận đề nghị",),
        ),
    ),
    "a request was passed on": (
        Story(requests=replied(to_unit_code="UBND")),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {"03/12": ["[Nhắc việc] Đang chờ UBND trả lời", "UBND xem xét, quyết định"]},
            {"03/12": [URGING, "khẩn trương", "Đang chờ Sở Tư pháp"]},
        ),
    ),
    "an exemption was asked for in an answer of an earlier release": (
        Story(
            (
                answer(
                    "exemption_requested",
                    date(2026, 11, 29),
                    document="Công văn 1/A",
                    authority="Bộ A",
                    decided_on="2026-11-05",
                ),
            )
        ),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {
                "03/12": [
                    "Quý cơ quan đã báo (29/11/2026): đề nghị miễn theo Công văn 1/A ngày 05/11/2026 của Bộ A."
                ]
            },
        ),
    ),
    "a transfer was asked for in an answer of an earlier release": (
        Story((answer("transfer_requested", date(2026, 11, 29), to_unit="Sở B", explanation="Phân công"),)),
        Expected(
            ["23/11", "26/11", "03/12", "10/12", "17/12"],
            {"03/12": ["Quý cơ quan đã báo (29/11/2026): đề nghị chuyển đến Sở B: Phân công."]},
        ),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_mails_of_a_month(name: str) -> None:
    story, expected = TABLE[name]
    sent = {f"{day:%d/%m}": f"{mail.subject}\n{mail.text}" for day, mail in month(story).items()}
    expected.check(sent)
    open_days = (text for text in sent.values() if "Rõ việc" in text)
    assert all(sentence in text for text in open_days for sentence in ALWAYS)
