"""Every kind of mail there is, in both languages, as the golden files keep them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.notifier.adapters.mails.kinds import mail_kinds
from services.notifier.adapters.mails.pages import PageMails
from services.notifier.adapters.rendering.templates import TemplateRenderer, environment
from services.notifier.application.ports import Mail, MailLink, Notice
from services.notifier.domain.changes import Change, ChangeKind, ChangeNotice
from services.notifier.domain.digest import (
    DecisionNote,
    Digest,
    Entry,
    JointNotice,
    Line,
    RequestsNote,
    Situation,
    compose,
    compose_immediate,
    compose_renewed,
)
from services.notifier.domain.gaps.gap_alert import APPROVED, REFUSED, AlertContext, Gap, UnitRequest
from services.notifier.domain.gaps.request_replies import Activity, Reply
from services.notifier.domain.notification.reasons import LastNotification, Standing
from services.notifier.domain.notification.timing import STEPS, Verdict
from services.notifier.domain.overview import (
    MonthlySummary,
    PlanRate,
    WeeklyList,
    monthly_summary,
    weekly_list,
)
from services.notifier.domain.programmes.notices import DutiesNotice, DutyLine
from services.notifier.domain.recipients.audience import Recipient, Unit
from services.notifier.domain.recipients.preference import Preference, SettingsNote
from services.notifier.domain.replies import ReplyNote
from shared.contracts.vocabulary import (
    AlertAnswer,
    Channel,
    Dataset,
    GapClosure,
    Instrument,
    Language,
    OptionalMail,
    Precision,
    Procedure,
    RecipientRole,
    RequestKind,
    Role,
    Weekday,
)
from shared.signed_links.duty_links import DutyAnswer, answers_to
from tests.unit.notifier import duties
from tests.unit.notifier.builders import (
    CALENDAR,
    MONDAY,
    answer,
    gap,
    notified,
    planned,
    recipient,
    silence,
    tree,
)

SENDER = "Loa <loa@loa.invalid>"


class ShortLinks:
    def of(self, _digest: Digest, line: Line) -> dict[AlertAnswer, MailLink]:
        if line.is_below:
            return {}
        addresses = {
            answer: f"https://loa.vn/answers/{answer}-{line.gap.draft_code}" for answer in AlertAnswer
        }
        return {answer: MailLink(address) for answer, address in addresses.items()}


class ShortDutyLinks:
    def of(self, notice: DutiesNotice, line: DutyLine) -> dict[DutyAnswer, MailLink]:
        if not line.is_answered_by(notice.recipient):
            return {}
        item = line.duty.owed
        return {
            answer: MailLink(f"https://loa.vn/answers/{answer}-{item.item_id.int % 1000}")
            for answer in answers_to(item)
        }


class ShortMailboxes:
    def of(self, notice: Notice, kind: OptionalMail | None = None) -> MailLink:
        return MailLink(f"https://loa.vn/mailbox/{notice.day}{f'-{kind}' if kind else ''}")


DIGESTS = TemplateRenderer(ShortLinks(), ShortMailboxes(), SENDER, "https://loa.vn/drafts")
KINDS = mail_kinds(
    DIGESTS,
    PageMails(environment(), ShortMailboxes()),
    "https://loa.vn/requests",
    (),
    "https://loa.vn/decisions",
    "https://loa.vn/figures",
    ShortDutyLinks(),
    "https://loa.vn/communications",
)
FRIDAY = date(2026, 11, 20)
MINISTRY = Unit("BTP", "Bộ Tư pháp", "Chính phủ")


def digest(
    *gaps: Gap, language: Language = Language.VI, said: Mapping[UUID, LastNotification] | None = None
) -> Digest:
    result = compose(
        recipient(language=language),
        [Entry(gap=gap_value) for gap_value in gaps],
        said or {},
        MONDAY,
        CALENDAR,
    )
    assert result is not None
    return result


OVERDUE = gap(1, due_on=date(2026, 11, 9))
OF_THE_SAMPLE = gap(1, policies=(0,), dataset=Dataset.SAMPLE)
DECREE = gap(
    2,
    due_on=date(2026, 11, 26),
    title="Quy định chi tiết một số điều của Luật Đất đai",
    instrument=Instrument.DECREE,
    policies=(3,),
)
COMMUNICATED = gap(3, title="Luật Hộ tịch", closed_on=date(2026, 11, 20), closure=GapClosure.COVERED)
SEVERAL = (replace(OVERDUE, dataset=Dataset.EXERCISE), DECREE, COMMUNICATED)
BEFORE = {COMMUNICATED.gap_id: notified(Standing.OVERDUE)}
HURRIED = gap(6, procedure=Procedure.SIMPLIFIED, due_on=MONDAY, since=date(2026, 11, 19))

LATE = gap(1, unit_code="SO-A", due_on=date(2026, 11, 9), dataset=Dataset.EXERCISE)
LATER = gap(2, unit_code="XA", due_on=date(2026, 11, 19), title="Quy định <về> chợ")
HUSHED = gap(3, unit_code="XA", due_on=date(2026, 11, 9))
DONE = gap(
    4, unit_code="SO-A", since=date(2026, 9, 1), closed_on=date(2026, 10, 20), closure=GapClosure.COVERED
)
WRONG = gap(
    5, unit_code="SO-A", since=date(2026, 9, 1), closed_on=date(2026, 11, 1), closure=GapClosure.CORRECTED
)
HISTORY = (LATE, LATER, DONE, WRONG)


def supervisor(unit: str = "STP", language: Language = Language.VI) -> Recipient:
    return recipient(unit_code=unit, role=RecipientRole.SUPERVISOR, language=language)


def situation(reader: Recipient) -> Situation:
    return Situation(
        day=MONDAY,
        gaps=[LATE, LATER, HUSHED],
        contexts={
            HUSHED.gap_id: AlertContext(silence=silence()),
            LATE.gap_id: AlertContext(answer="obstacle_reported"),
        },
        recipients=[reader, recipient(5, unit_code="SO-A", email="dau.moi@so-a.example.vn")],
        tree=tree(),
        steps=STEPS,
        calendar=CALENDAR,
    )


def listed(language: Language = Language.VI) -> WeeklyList:
    result = weekly_list(supervisor(language=language), situation(supervisor(language=language)), "2026-W48")
    assert result is not None
    return result


RATE = PlanRate(rate=0.55, low=0.4, judged=20, target=0.7)


def month_of(language: Language = Language.VI) -> MonthlySummary:
    reader = supervisor("UBND", language)
    result = monthly_summary(reader, situation(reader), HISTORY, "2026-11")
    assert result is not None
    return replace(result, rates=tuple((unit, RATE) for unit in result.leads))


def climbed(language: Language = Language.VI) -> Digest:
    """What the unit above reads, from five working days on."""
    entry = Entry(
        gap=LATE, context=AlertContext(answer="obstacle_reported"), verdict=Verdict.OVERDUE, above=True
    )
    result = compose(supervisor("UBND", language), [entry], {}, MONDAY, CALENDAR)
    assert result is not None
    return replace(result, unit_names={"SO-A": "Sở A"})


def chosen(language: Language = Language.VI) -> SettingsNote:
    wanted = Preference(Weekday.WEDNESDAY, frozenset({OptionalMail.MONTHLY_SUMMARY}))
    return SettingsNote(recipient=supervisor(language=language), day=MONDAY, chosen=wanted)


ANSWERED = AlertContext(
    answer="obstacle_reported",
    answered_on=FRIDAY,
    planned_on=date(2026, 12, 4),
    answers=(
        answer("acknowledged", date(2026, 11, 19), planned_on="2026-12-04"),
        answer("obstacle_reported", FRIDAY, 2, "STP", obstacle="Chưa bố trí được kinh phí"),
    ),
)
POLICIES = {"LUAT-1": {1: "Giao đất, cho thuê đất", 2: "Giá đất"}, "LUAT-2": {3: "Tiền sử dụng đất"}}


def after_answers(language: Language = Language.VI) -> Digest:
    """One draft was answered about, of another one the named day has passed, one is new."""
    passed = planned((date(2026, 11, 13), FRIDAY), (FRIDAY, date(2026, 11, 27)))
    entries = [
        Entry(gap=OVERDUE, context=ANSWERED),
        Entry(gap=replace(DECREE, due_on=date(2026, 11, 16)), context=passed),
        Entry(gap=gap(9, title="Luật Thư viện", due_on=date(2026, 11, 26))),
    ]
    before = {DECREE.gap_id: notified(Standing.OVERDUE, day=FRIDAY, policies=(3,), due_on=date(2026, 11, 16))}
    result = compose(recipient(language=language), entries, before, MONDAY, CALENDAR)
    assert result is not None
    contacts = {"STP": "theo.doi@stp.example.vn"}
    return replace(result, unit_names=NAMES, policy_names=POLICIES, contacts=contacts)


def immediate(language: Language = Language.VI) -> Digest:
    return compose_immediate(recipient(language=language), Entry(gap=HURRIED), MONDAY, CALENDAR)


def renewed(language: Language = Language.VI) -> Digest:
    return compose_renewed(recipient(language=language), Entry(gap=OVERDUE), MONDAY, CALENDAR)


ASKED = UnitRequest(
    request_id=UUID(int=31),
    draft_code="LUAT-1",
    title="Luật Đất đai (sửa đổi)",
    instrument=Instrument.LAW,
    dataset=Dataset.LIVE,
    kind=RequestKind.EXEMPTION,
    unit_code="BTP",
    raised_on=date(2026, 11, 19),
    decider_code="STP",
    document="Công văn 99/VPCP-PL",
    answer_by=date(2026, 11, 27),
)
HANDED = replace(
    ASKED,
    request_id=UUID(int=32),
    kind=RequestKind.TRANSFER,
    document=None,
    to_unit="SO-A",
    reason="Theo phân công của Ủy ban",
    unit_code="XA",
)
SETTLED: dict[str, Any] = {"settled_on": date(2026, 11, 20), "settled_by": "STP"}
GRANTED = replace(ASKED, state=APPROVED, settlement_document="Công văn 5/STP", **SETTLED)
DENIED = replace(ASKED, state=REFUSED, settlement_reason="Văn bản không miễn việc truyền thông", **SETTLED)
NAMES = {"STP": "Sở Tư pháp", "SO-A": "Sở A", "XA": "Xã B", "BTP": "Bộ Tư pháp"}


def waiting(request: UnitRequest, language: Language = Language.VI) -> Digest:
    entry = Entry(gap=OVERDUE, context=AlertContext(requests=(request,)))
    result = compose(recipient(language=language), [entry], {}, MONDAY, CALENDAR)
    assert result is not None
    return replace(result, unit_names=NAMES)


def decided(request: UnitRequest, language: Language = Language.VI) -> DecisionNote:
    return DecisionNote(recipient=recipient(language=language), day=MONDAY, request=request, names=NAMES)


REPLIED = Reply(
    reply_id=UUID(int=41),
    unit_code="BTP",
    on=date(2026, 11, 20),
    words="Đề nghị bổ sung văn bản làm căn cứ miễn.",
    draft_code=ASKED.draft_code,
    title=ASKED.title,
    instrument=ASKED.instrument,
    dataset=ASKED.dataset,
    by_unit_code="STP",
    request_id=ASKED.request_id,
)
FORWARDED = replace(
    REPLIED, reply_id=UUID(int=42), words="Nội dung thuộc thẩm quyền của Ủy ban.", to_unit_code="UB"
)
NOT_VERIFIED = replace(
    REPLIED,
    reply_id=UUID(int=43),
    words="Minh chứng là của một hội nghị khác; đề nghị bổ sung biên bản.",
    request_id=None,
    activity=Activity(
        title="Hội nghị góp ý dự thảo",
        held_on=date(2026, 11, 12),
        precision=Precision.DAY,
        channel=Channel.CONFERENCE,
    ),
)


def replied(reply: Reply, language: Language = Language.VI) -> ReplyNote:
    decider = reply.to_unit_code or "STP"
    asked = replace(ASKED, decider_code=decider, replies=(reply,)) if reply.request_id else None
    names = {**NAMES, "UB": "Ủy ban nhân dân tỉnh A"}
    return ReplyNote(
        recipient=recipient(language=language), day=MONDAY, reply=reply, request=asked, names=names
    )


def to_decide(language: Language = Language.VI) -> RequestsNote:
    return RequestsNote(
        recipient=supervisor(language=language),
        day=MONDAY,
        decider_code="STP",
        requests=(ASKED, HANDED),
        names=NAMES,
    )


def joint(language: Language = Language.VI) -> JointNotice:
    """What is due on one day to the supervisors of a justice body."""
    return JointNotice(
        parts=(
            climbed(language),
            duties.to_the_committee(language),
            to_decide(language),
            listed(language),
            duties.listed(language),
            month_of(language),
        )
    )


EN = Language.EN
CHANGES = [
    Change(
        change_id=kind.value,
        kind=kind,
        at=datetime(2026, 11, 23, 1, 5, tzinfo=UTC),
        by=f"{role}/opaque",
        unit_code=unit,
        details=details,
    )
    for kind, role, unit, details in (
        (ChangeKind.MAILBOXES, Role.SUPERVISOR, "BTP", {"added": 1, "removed": 2, "changed": 0}),
        (
            ChangeKind.SUPERVISION,
            Role.OPERATOR,
            "BTP",
            {"supervisor_code": None, "on": date(2026, 11, 1), "document": "Quyết định 15/QĐ-BTP"},
        ),
        (
            ChangeKind.SUPERVISION_CANCELLED,
            Role.SUPERVISOR,
            "BTP",
            {"supervisor_code": None, "on": date(2026, 11, 1), "reason": "Ghi nhầm đơn vị"},
        ),
        (
            ChangeKind.SILENCE,
            Role.SUPERVISOR,
            "BTP",
            {
                "draft_code": "LUAT-1",
                "stage": "draft_consultation",
                "first_day": date(2026, 11, 23),
                "last_day": date(2026, 11, 27),
                "reason": "Chờ ý kiến của Chính phủ",
            },
        ),
        (ChangeKind.SENDING_HELD, Role.OPERATOR, None, {"reason": "Chuyển máy chủ thư"}),
    )
]
CASES: Mapping[str, Notice] = {
    "overdue_vi": digest(OVERDUE),
    "overdue_en": digest(OVERDUE, language=EN),
    "reminder_vi": digest(OF_THE_SAMPLE),
    "reminder_en": digest(OF_THE_SAMPLE, language=EN),
    "several_vi": digest(*SEVERAL, said=BEFORE),
    "several_en": digest(*SEVERAL, language=EN, said=BEFORE),
    "answered_vi": after_answers(),
    "answered_en": after_answers(EN),
    "thanks_vi": digest(COMMUNICATED, said=BEFORE),
    "thanks_en": digest(COMMUNICATED, language=EN, said=BEFORE),
    "immediate_vi": immediate(),
    "immediate_en": immediate(EN),
    "renewed_vi": renewed(),
    "renewed_en": renewed(EN),
    "escalation_vi": climbed(),
    "escalation_en": climbed(EN),
    "weekly_list_vi": listed(),
    "weekly_list_en": listed(EN),
    "monthly_summary_vi": month_of(),
    "monthly_summary_en": month_of(EN),
    "settings_vi": chosen(),
    "settings_en": chosen(EN),
    "waiting_vi": waiting(ASKED),
    "waiting_en": waiting(ASKED, EN),
    "after_refusal_vi": waiting(DENIED),
    "after_refusal_en": waiting(DENIED, EN),
    "approved_vi": decided(GRANTED),
    "approved_en": decided(GRANTED, EN),
    "refused_vi": decided(DENIED),
    "refused_en": decided(DENIED, EN),
    "replied_vi": replied(REPLIED),
    "replied_en": replied(REPLIED, EN),
    "forwarded_vi": replied(FORWARDED),
    "forwarded_en": replied(FORWARDED, EN),
    "not_verified_vi": replied(NOT_VERIFIED),
    "not_verified_en": replied(NOT_VERIFIED, EN),
    "waiting_replied_vi": waiting(replace(ASKED, replies=(REPLIED,))),
    "waiting_replied_en": waiting(replace(ASKED, replies=(REPLIED,)), EN),
    **{
        f"change_{change.kind}_{language}": ChangeNotice(
            recipient=recipient(language=language), day=MONDAY, change=change, names=NAMES
        )
        for change in CHANGES
        for language in Language
    },
    "requests_vi": to_decide(),
    "requests_en": to_decide(EN),
    "duties_vi": duties.to_the_commune(),
    "duties_en": duties.to_the_commune(EN),
    "duties_above_vi": duties.to_the_committee(),
    "duties_above_en": duties.to_the_committee(EN),
    "duties_steps_vi": duties.what_became(),
    "duties_steps_en": duties.what_became(EN),
    "duties_list_vi": duties.listed(),
    "duties_list_en": duties.listed(EN),
    "joint_vi": joint(),
    "joint_en": joint(EN),
}
UNITS = {code: tree().unit(code) for code in tree().directory.units} | {"BTP": MINISTRY}


def mail(name: str) -> Mail:
    notice = CASES[name]
    if isinstance(notice, JointNotice):
        return KINDS.render(notice, tree())
    return KINDS[notice.kind].render(notice, UNITS[notice.recipient.unit_code])
