"""The mail about a reply without a decision: a request that was answered or passed on, a communication not verified."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from services.notifier.adapters.delivery.message import header, named
from services.notifier.adapters.mails.pages import PageMails, common
from services.notifier.adapters.rendering.request_words import asked_for
from services.notifier.adapters.rendering.templates import in_language, name_of
from services.notifier.application.pipeline import MailKind, Planning, Skipped
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.gaps.request_replies import Activity
from services.notifier.domain.notification.timing import REPLY
from services.notifier.domain.recipients.audience import Unit
from services.notifier.domain.replies import ReplyNote, reply_notes
from shared.contracts.vocabulary import Precision
from shared.kernel.errors import Text
from shared.rules.words.wording import CHANNELS, dated


@dataclass(frozen=True)
class ReplyKind(MailKind):
    """Goes out at once, in office hours, to who answers for the unit; `own` is the list of its communications."""

    name: ClassVar[str] = REPLY
    label: ClassVar[Text] = Text("Ý kiến của cơ quan theo dõi", "Reply of the supervising body")
    needs: ClassVar[str | None] = "replies"

    pages: PageMails
    own: str

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        snapshot = planning.snapshot
        notes = reply_notes(
            snapshot.replies,
            planning.requests,
            planning.situation.audience,
            planning.request_names,
            planning.day,
        )
        return (note for note in notes if note.key not in snapshot.notice_keys)

    def render(self, notice: ReplyNote, unit: Unit) -> Mail:
        reply, request, language = notice.reply, notice.request, notice.recipient.language
        who = named(notice.names, reply.by_unit_code)
        activity = reply.activity
        return self.pages.written(
            notice,
            common(notice, [unit])
            | {
                "outcome": notice.outcome.value,
                "by": who,
                "to": named(notice.names, reply.to_unit_code),
                "words": reply.words,
                "on": reply.on,
                "what": in_language(asked_for(request, notice.names), language) if request else "",
                "raised_on": request.raised_on if request else None,
                "answer_by": request.answer_by if request else None,
                "decider": named(notice.names, request.decider_code if request else None),
                "activity": header(activity.title) if activity else "",
                "held": in_language(_held(activity), language) if activity else "",
                "channel": in_language(CHANNELS[activity.channel], language) if activity else "",
                "name": name_of(reply.instrument, header(reply.title), language),
                "draft_code": reply.draft_code,
                "url": self.own,
            },
        )


def _held(activity: Activity) -> Text:
    """Say when it was held; a day is written alike in both languages."""
    text = dated(activity.held_on, activity.precision)
    return Text(text.vi, f"{activity.held_on:%d/%m/%Y}") if activity.precision is Precision.DAY else text
