"""The kinds of mail: when each runs, to whom it goes, what stands in it and how it is rendered."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from services.notifier.adapters.delivery.message import DutyLinks, header, named
from services.notifier.adapters.mails.change_kind import ChangeMailKind
from services.notifier.adapters.mails.duty_kinds import DutiesKind, DutiesListKind, LinksOfDuties
from services.notifier.adapters.mails.joint_kind import JointKind
from services.notifier.adapters.mails.pages import PageMails, common
from services.notifier.adapters.mails.reply_kind import ReplyKind
from services.notifier.adapters.mails.urging_kind import UrgingKind
from services.notifier.adapters.recipients.wording import KINDS, frequency
from services.notifier.adapters.rendering.answer_words import NO_READER, answer_of
from services.notifier.adapters.rendering.leader_words import month_conclusion, plan_rate
from services.notifier.adapters.rendering.letter_rows import DOCX, Row
from services.notifier.adapters.rendering.request_words import asked_for, decision_of
from services.notifier.adapters.rendering.templates import (
    TemplateRenderer,
    in_language,
    late,
    name_of,
    policies_of,
)
from services.notifier.application.pipeline import MailKind, MailKinds, Planning, Skipped
from services.notifier.application.ports import Attachment, Mail, Notice
from services.notifier.domain.digest import (
    IMMEDIATE,
    KIND,
    RENEWED,
    DecisionNote,
    Digest,
    Entry,
    Line,
    RequestsNote,
    compose,
    compose_immediate,
    compose_renewed,
    decision_notes,
    requests_notes,
)
from services.notifier.domain.gaps.gap_alert import APPROVED, Gap, UnitRequest
from services.notifier.domain.notification.reasons import (
    NOT_NOTIFIED,
    GapCase,
    LastNotification,
    MailCase,
    Purpose,
    Reason,
    decide_notification,
)
from services.notifier.domain.notification.timing import (
    DECISION,
    DIGEST,
    REQUESTS,
    MailRun,
    of_day,
    of_reporting_month,
    of_week,
)
from services.notifier.domain.overview import (
    MONTHLY_SUMMARY,
    WEEKLY_LIST,
    MonthlySummary,
    WeeklyList,
    monthly_summary,
    weekly_list,
)
from services.notifier.domain.recipients.audience import Recipient, Unit, Via, address_of, once_an_address
from services.notifier.domain.recipients.preference import EVERYTHING, SETTINGS, SettingsNote, offered
from shared.contracts.event import banners
from shared.contracts.vocabulary import Language, OptionalMail
from shared.kernel.errors import Text
from shared.rules.words.wording import STAGES


@dataclass(frozen=True)
class DigestKind(MailKind):
    name: ClassVar[str] = KIND
    scheduled: ClassVar[int | None] = 0
    label: ClassVar[Text] = Text("Thư tổng hợp trong ngày", "Digest of the day")
    lasts_a_day: ClassVar[bool] = True
    once_a_day: ClassVar[bool] = True
    made_on_request: ClassVar[bool] = True

    renderer: TemplateRenderer

    def run_of(self, day: date) -> MailRun:
        return of_day(self.name, day)

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Plan the weekly list first: what it names of other units is not repeated in the digest."""
        listed = named_in(planning.notices(WEEKLY_LIST))
        for recipient in once_an_address(planning.recipients()):
            notified = {**planning.notified(recipient), **listed.get(address_of(recipient), {})}
            yield self._digest(planning, recipient, notified)

    def _digest(
        self, planning: Planning, recipient: Recipient, notified: Mapping[UUID, LastNotification]
    ) -> Notice | Skipped:
        digest: Digest | None = None
        sent_today = planning.is_done(self.name, recipient)
        sent_later = planning.is_done_later(self.name, recipient)
        run_made = self.name not in planning.due
        if not (sent_today or sent_later or run_made):
            entries = planning.situation.entries(recipient, notified)
            digest = compose(recipient, entries, notified, planning.day, planning.calendar)
        case = MailCase(
            lines=digest.lines if digest else (),
            unwanted=planning.preference(recipient).unwanted,
            turn=planning.turn_of(recipient),
            sent_today=sent_today,
            sent_later=sent_later,
            run_made=run_made,
        )
        reason = decide_notification(case)
        if digest is None or not reason.is_news:
            return Skipped(reason, recipient.unit_code, recipient)
        return planning.named(digest)

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)


def named_in(lists: Iterable[Notice]) -> Mapping[str, Mapping[UUID, LastNotification]]:
    """Give by address what today's lists notify of, so that today's digests do not repeat it."""
    return {
        address_of(notice.recipient): {
            line.gap.gap_id: _notification_of(line, notice.day)
            for line in notice.lines
            if line.reason not in NOT_NOTIFIED
        }
        for notice in lists
    }


def _notification_of(line: Line, day: date) -> LastNotification:
    return LastNotification(
        day=day,
        standing=line.standing,
        due_on=line.gap.due_on,
        policies=line.gap.policies,
        unit_code=line.unit_code,
        above=line.reason.is_above,
    )


@dataclass(frozen=True)
class ImmediateKind(MailKind):
    name: ClassVar[str] = IMMEDIATE
    label: ClassVar[Text] = Text("Thư gửi ngay", "Immediate mail")
    lasts_a_day: ClassVar[bool] = True

    renderer: TemplateRenderer

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Write to those whom no digest goes to now."""
        served = {address_of(digest.recipient) for digest in planning.notices(KIND)}
        urgent: dict[str, dict[UUID, Entry]] = defaultdict(dict)
        for entry in _urgent(planning):
            if entry.reader and (address := address_of(entry.reader)) not in served:
                urgent[address].setdefault(entry.gap.gap_id, entry)
        for entries in urgent.values():
            first, *more = entries.values()
            if first.reader:
                mail = compose_immediate(first.reader, first, planning.day, planning.calendar, more)
                yield planning.named(mail)

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)


def _reason(planning: Planning, gap: Gap) -> Reason:
    return decide_notification(
        GapCase(
            gap=gap,
            day=planning.day,
            local=planning.local,
            calendar=planning.calendar,
            purpose=Purpose.AT_ONCE,
            context=planning.situation.context(gap),
        )
    )


def _urgent(planning: Planning) -> Iterator[Entry]:
    """Give the gaps that can't wait, for each recipient who answers for one and was not notified of it."""
    for gap in planning.situation.open_gaps():
        if not _reason(planning, gap).is_news:
            continue
        for reach in planning.situation.audience.of_duty(gap.unit_code):
            stand_in = reach.via is Via.SUPERIOR
            for recipient in reach.recipients:
                if gap.gap_id not in planning.notified(recipient):
                    yield replace(planning.situation.entry(gap), stand_in=stand_in, reader=recipient)


@dataclass(frozen=True)
class WeeklyListKind(MailKind):
    """`requests` and `figures` are addresses: of what units ask for, with what grants it, and of all figures.

    `page_of` gives the address of a draft's page.
    """

    name: ClassVar[str] = WEEKLY_LIST
    scheduled: ClassVar[int | None] = 3
    label: ClassVar[Text] = Text("Danh sách hằng tuần", "Weekly list")
    optional: ClassVar[OptionalMail] = OptionalMail.WEEKLY_LIST

    pages: PageMails
    requests: str
    page_of: Callable[[str], str]
    figures: str

    def run_of(self, day: date) -> MailRun:
        return of_week(self.name, day)

    def recipients(self, planning: Planning) -> Iterable[Recipient]:
        return planning.situation.audience.supervisors()

    def compose(self, planning: Planning, recipient: Recipient) -> WeeklyList | None:
        period, notified = self.run_of(planning.day).period, planning.notified(recipient)
        made = weekly_list(recipient, planning.situation, period, notified)
        if made is None:
            return None
        names = planning.unit_names(made.lines)
        return replace(made, unit_names=names, policy_names=planning.policy_names(made.lines))

    def ends(self, notice: WeeklyList) -> OptionalMail | None:
        return None if notice.is_duty else self.optional

    def render(self, notice: WeeklyList, unit: Unit) -> Mail:
        values = {
            **_list_values(notice, unit, self.requests, self.page_of),
            **_rates(notice),
            "figures": self.figures,
        }
        return self.pages.regular(notice, values, tuple(_letters(notice, unit)), self.ends(notice))


def _list_values(
    notice: WeeklyList, unit: Unit, requests: str, page_of: Callable[[str], str]
) -> dict[str, Any]:
    lines = [
        _shown(line, notice, notice.recipient.language) | {"page": page_of(line.gap.draft_code)}
        for line in notice.lines
    ]
    units = len({line.gap.unit_code for line in notice.lines})
    asked = any(line.context.asks for line in notice.lines)
    values = common(notice, [follows for follows, _ in notice.areas] or [unit])
    return values | {"lines": lines, "units": units, "requests": requests if asked else None}


def _shown(line: Line, notice: WeeklyList, language: Language) -> dict[str, Any]:
    gap, names = line.gap, notice.unit_names
    policies = notice.policy_names.get(gap.draft_code, {})
    return {
        "unit": named(notice.unit_names, gap.unit_code),
        "name": name_of(gap.instrument, header(gap.title), language),
        "named_policies": policies_of(gap.policies, language, policies),
        "stage": in_language(STAGES[gap.stage], language),
        "draft_code": gap.draft_code,
        "due_on": gap.due_on,
        "overdue_days": line.overdue_days,
        "late": in_language(late(line.overdue_days), language),
        "said": in_language(
            NO_READER if line.stand_in else answer_of(line.context, names, notice.day), language
        ),
    }


def _letters(notice: WeeklyList, unit: Unit) -> Iterator[Attachment]:
    """Write a letter for each unit that the reader follows others for: each issues its own."""
    areas = notice.areas or ((unit, notice.lines),)
    for issuer, lines in areas:
        mark = f"-{issuer.code}" if len(areas) > 1 else ""
        yield Attachment(
            name=f"du-thao-cong-van-don-doc-{notice.day}{mark}.docx",
            media_type=DOCX,
            content=_letter(notice, issuer, lines),
        )


def _letter(notice: WeeklyList, unit: Unit, lines: Sequence[Line]) -> bytes:
    """The letter is a Vietnamese document, whatever language its reader's mail has."""
    from services.notifier.adapters.rendering.reminder_letter import (  # noqa: PLC0415  python-docx: 7 MiB
        urging_letter,
    )

    shown = (_shown(line, notice, Language.VI) for line in lines)
    rows = [
        Row(
            unit=line["unit"],
            subject=f"Truyền thông {line['named_policies']}, dự thảo {line['name']}",
            due_on=f"{line['due_on']:%d/%m/%Y}",
            overdue_days=line["overdue_days"],
            reason=line["said"],
        )
        for line in shown
    ]
    superior = header(unit.parent_name) if unit.parent_name else None
    notes = [note.vi for note in banners(notice.datasets)]
    return urging_letter(header(unit.name), superior, notice.day, rows, notes)


CHART = "chart"


@dataclass(frozen=True)
class MonthlySummaryKind(MailKind):
    """`figures` is the address of the page with all figures; `page_of` gives that of a draft's page."""

    name: ClassVar[str] = MONTHLY_SUMMARY
    scheduled: ClassVar[int | None] = 5
    label: ClassVar[Text] = Text("Tổng hợp tháng", "Monthly summary")
    optional: ClassVar[OptionalMail] = OptionalMail.MONTHLY_SUMMARY

    pages: PageMails
    figures: str
    page_of: Callable[[str], str]

    def run_of(self, day: date) -> MailRun:
        return of_reporting_month(self.name, day)

    def recipients(self, planning: Planning) -> Iterable[Recipient]:
        for reach in planning.situation.audience.leaders():
            yield from reach.recipients

    def compose(self, planning: Planning, recipient: Recipient) -> MonthlySummary | None:
        period = self.run_of(planning.day).period
        return monthly_summary(recipient, planning.situation, planning.snapshot.history, period)

    def ends(self, notice: MonthlySummary) -> OptionalMail | None:
        return None if notice.is_duty else self.optional

    def render(self, notice: MonthlySummary, unit: Unit) -> Mail:
        from services.notifier.adapters.rendering.chart import chart  # noqa: PLC0415  Pillow: 4 MiB

        picture = Attachment(
            name="bieu-do.png", media_type="image/png", content=chart(notice.months), content_id=CHART
        )
        return self.pages.regular(
            notice, _summary_values(notice, unit, self.figures, self.page_of), (picture,), self.ends(notice)
        )


def _rates(notice: WeeklyList | MonthlySummary) -> dict[str, Any]:
    judged = [(unit, rate) for unit, rate in notice.rates if rate.judged]
    return {
        "rates": [in_language(plan_rate(rate), notice.recipient.language) for _, rate in judged],
        "rate_names": [header(unit.name) for unit, _ in judged],
    }


def _summary_values(
    notice: MonthlySummary, unit: Unit, figures: str, page_of: Callable[[str], str]
) -> dict[str, Any]:
    language = notice.recipient.language
    units = [(named(notice.unit_names, code), number) for code, number in notice.units]
    return common(notice, notice.leads or [unit]) | {
        "month": notice.month,
        "months": notice.months,
        "units": units,
        "area": notice.area,
        "chart": CHART,
        "figures": figures,
        "conclusion": in_language(month_conclusion(notice), language),
        **_rates(notice),
        "debts": [
            {
                "name": name_of(gap.instrument, header(gap.title), language),
                "unit": named(notice.unit_names, gap.unit_code),
                "due_on": gap.due_on,
                "late": in_language(late(days), language),
                "page": page_of(gap.draft_code),
            }
            for gap, days in notice.debts
        ],
    }


@dataclass(frozen=True)
class RenewedKind(MailKind):
    name: ClassVar[str] = RENEWED
    label: ClassVar[Text] = Text("Thư cấp lại liên kết", "New links")

    renderer: TemplateRenderer

    def requested(self, planning: Planning, recipient: Recipient, gap_id: UUID | None) -> Digest | None:
        for entry in planning.situation.entries(recipient, {}):
            if entry.gap.gap_id == gap_id and not entry.above:
                return planning.named(compose_renewed(recipient, entry, planning.day, planning.calendar))
        return None

    def render(self, notice: Digest, unit: Unit) -> Mail:
        return self.renderer.render(notice, unit)


@dataclass(frozen=True)
class SettingsKind(MailKind):
    name: ClassVar[str] = SETTINGS
    label: ClassVar[Text] = Text("Thư về cài đặt nhận thư", "What a mailbox chose")

    pages: PageMails

    def requested(self, planning: Planning, recipient: Recipient, _gap_id: UUID | None) -> SettingsNote:
        chosen = planning.snapshot.preferences.get(recipient.recipient_id, EVERYTHING)
        oversees = planning.snapshot.tree.oversees(recipient.unit_code)
        return SettingsNote(recipient=recipient, day=planning.day, chosen=chosen, oversees=oversees)

    def render(self, notice: SettingsNote, unit: Unit) -> Mail:
        return self.pages.with_settings(notice, _settings_values(notice, unit))


def _settings_values(notice: SettingsNote, unit: Unit) -> dict[str, Any]:
    language, chosen = notice.recipient.language, notice.chosen
    kinds = [
        (in_language(KINDS[kind], language), chosen.wants(kind))
        for kind in offered(notice.recipient.role, oversees=notice.oversees)
    ]
    return common(notice, [unit]) | {
        "frequency": in_language(frequency(chosen), language),
        "kinds": kinds,
    }


def mail_kinds(
    digests: TemplateRenderer,
    pages: PageMails,
    requests: str,
    more: Iterable[MailKind] = (),
    decisions: str | None = None,
    figures: str = "",
    duties: LinksOfDuties = DutyLinks(None, ""),  # noqa: B008  a frozen value
    communications: str = "",
) -> MailKinds:
    """`requests` is the address of what units ask for, `decisions` where it is decided, `figures` that of all figures.

    `duties` are the links under items of programmes, `communications` is the page of a unit's own communications; `more` are additional kinds.
    """
    return MailKinds(
        [
            DecisionKind(pages),
            ReplyKind(pages, communications),
            RequestsKind(pages, decisions or requests),
            ChangeMailKind(pages),
            DigestKind(digests),
            DutiesKind(pages, duties),
            ImmediateKind(digests),
            WeeklyListKind(pages, requests, digests.page_of, figures),
            DutiesListKind(pages),
            MonthlySummaryKind(pages, figures, digests.page_of),
            RenewedKind(digests),
            UrgingKind(pages),
            SettingsKind(pages),
            JointKind(),
            *more,
        ]
    )


@dataclass(frozen=True)
class DecisionKind(MailKind):
    """Goes out at once, in office hours, to who answers for the unit that asked."""

    name: ClassVar[str] = DECISION
    label: ClassVar[Text] = Text("Kết quả xem xét đề nghị", "Decision on a request")
    needs: ClassVar[str | None] = "requests"

    pages: PageMails

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        notes = decision_notes(
            planning.requests, planning.situation.audience, planning.request_names, planning.day
        )
        return (note for note in notes if note.key not in planning.snapshot.notice_keys)

    def render(self, notice: DecisionNote, unit: Unit) -> Mail:
        request, language = notice.request, notice.recipient.language
        return self.pages.written(
            notice,
            common(notice, [unit])
            | {
                "approved": request.state == APPROVED,
                "what": in_language(asked_for(request, notice.names), language),
                "text": in_language(decision_of(request, notice.names), language),
                "name": name_of(request.instrument, header(request.title), language),
                "draft_code": request.draft_code,
            },
        )


@dataclass(frozen=True)
class RequestsKind(MailKind):
    """Goes out with the digests of a day if a request is new to who decides it; `url` is where decisions are recorded."""

    name: ClassVar[str] = REQUESTS
    scheduled: ClassVar[int | None] = 2
    label: ClassVar[Text] = Text("Đề nghị chờ quyết định", "Requests to decide")
    needs: ClassVar[str | None] = "requests"

    pages: PageMails
    url: str

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        if DIGEST not in planning.due:
            return
        waiting = [each for each in planning.requests if each.raised_on <= planning.day]
        notes = requests_notes(waiting, planning.situation.audience, planning.request_names, planning.day)
        for note in notes:
            if planning.is_done(self.name, note.recipient):
                yield Skipped(Reason.ALREADY_SENT, note.recipient.unit_code, note.recipient)
            elif note.key not in planning.snapshot.notice_keys:
                yield note

    def render(self, notice: RequestsNote, unit: Unit) -> Mail:
        language = notice.recipient.language
        return self.pages.written(
            notice,
            common(notice, [unit])
            | {
                "decider": named(notice.names, notice.decider_code),
                "requests": [_listed(request, notice.names, language) for request in notice.requests],
                "url": f"{self.url}?decider={notice.decider_code}",
            },
        )


def _listed(request: UnitRequest, names: Mapping[str, str], language: Language) -> dict[str, Any]:
    return {
        "unit": named(names, request.unit_code),
        "what": in_language(asked_for(request, names), language),
        "name": name_of(request.instrument, header(request.title), language),
        "draft_code": request.draft_code,
        "reason": header(request.reason or ""),
        "raised_on": request.raised_on,
        "answer_by": request.answer_by or request.raised_on,
        "forwarding": _forwarding(request, names),
    }


def _forwarding(request: UnitRequest, names: Mapping[str, str]) -> dict[str, Any] | None:
    """Say by whom a request was passed on to who decides it now, when, and why."""
    last = next((reply for reply in reversed(request.replies) if reply.to_unit_code), None)
    if last is None or last.to_unit_code != request.decider_code:
        return None
    return {"by": named(names, last.by_unit_code), "on": last.on, "reason": last.words}
