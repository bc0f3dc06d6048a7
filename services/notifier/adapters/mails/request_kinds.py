"""The mails about requests of units: how one was decided, and what waits for a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from services.notifier.adapters.delivery.message import header
from services.notifier.adapters.mails.pages import PageMails, common
from services.notifier.adapters.rendering.request_words import asked_for, decision_of
from services.notifier.adapters.rendering.templates import in_language, name_of
from services.notifier.application.pipeline import MailKind, Planning, Skipped
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.gaps.unit_request import APPROVED, UnitRequest
from services.notifier.domain.notification.reasons import Reason
from services.notifier.domain.notification.schedule import DECISION, DIGEST, REQUESTS
from services.notifier.domain.recipients.supervision import Unit
from services.notifier.domain.request_notes import DecisionNote, RequestsNote, decision_notes, requests_notes
from shared.contracts.vocabulary import Language
from shared.kernel.errors import Text


@dataclass(frozen=True)
class DecisionKind(MailKind):
    """Goes out at once, in office hours, to who answers for the unit that asked."""

    name: ClassVar[str] = DECISION
    label: ClassVar[Text] = Text("Kết quả xem xét đề nghị", "Decision on a request")

    pages: PageMails

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        notes = decision_notes(planning.requests, planning.situation.audience, _names(planning), planning.day)
        return (note for note in notes if note.key not in planning.snapshot.notice_keys)

    def render(self, notice: DecisionNote, unit: Unit) -> Mail:
        request, language = notice.request, notice.recipient.language
        values = common(notice, [unit], frozenset({request.dataset}))
        return self.pages.written(
            notice,
            values
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
    label: ClassVar[Text] = Text("Đề nghị chờ quyết định", "Requests to decide")
    pages: PageMails
    url: str

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        if DIGEST not in planning.due:
            return
        waiting = [each for each in planning.requests if each.raised_on <= planning.day]
        notes = requests_notes(waiting, planning.situation.audience, _names(planning), planning.day)
        for note in notes:
            if planning.is_done(self.name, note.recipient):
                yield Skipped(Reason.ALREADY_SENT, note.recipient.unit_code, note.recipient)
            elif note.key not in planning.snapshot.notice_keys:
                yield note

    def render(self, notice: RequestsNote, unit: Unit) -> Mail:
        language = notice.recipient.language
        datasets = frozenset(request.dataset for request in notice.requests)
        values = common(notice, [unit], datasets)
        return self.pages.written(
            notice,
            values
            | {
                "decider": _name(notice.names, notice.decider_code),
                "requests": [_listed(request, notice.names, language) for request in notice.requests],
                "url": f"{self.url}?state=waiting&decider={notice.decider_code}",
            },
        )


def _listed(request: UnitRequest, names: Mapping[str, str], language: Language) -> dict[str, Any]:
    return {
        "unit": _name(names, request.unit_code),
        "what": in_language(asked_for(request, names), language),
        "name": name_of(request.instrument, header(request.title), language),
        "draft_code": request.draft_code,
        "reason": header(request.reason or ""),
        "raised_on": request.raised_on,
        "answer_by": request.answer_by or request.raised_on,
    }


def _name(names: Mapping[str, str], code: str) -> str:
    return header(names.get(code, code))


def _names(planning: Planning) -> Mapping[str, str]:
    """Name the units that requests speak of, as they are called on the day."""
    tree = planning.snapshot.tree
    codes = {
        code
        for request in planning.requests
        for code in (request.unit_code, request.decider_code, request.settled_by, request.to_unit)
        if code
    }
    return {code: tree.unit(code).name for code in codes}
