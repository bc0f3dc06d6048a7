"""What a unit answers to a mail: looked at first, then recorded once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from services.notifier.application.alert_publisher import AlertPublisher
from services.notifier.application.pipeline import Pipeline
from services.notifier.application.ports import Ledger, RequestLimits
from services.notifier.domain.digest import RENEWED
from services.notifier.domain.errors import AnswerContradicts, NothingOwed
from services.notifier.domain.gaps import alert as alerts
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import alert_id, draft_id
from shared.contracts.notifier import AlertObstacleReported, AnswerEvent
from shared.contracts.registry import DraftRequestRaised
from shared.eventstore.handle import EventStore
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.gap_summary import GapSummary, gap_summary_of
from shared.rules.answers import ANSWERS, answers_about, as_answer, confirmation, contradicts, standing
from shared.signed_links.links import Link
from shared.signed_links.request_claims import RequestClaims


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks; `recorded` is the answer that was given, or the request that was raised, through it before.

    `standing` are the answers of the unit that hold, `own` those of this recipient alone: whoever contradicts
    themselves confirms it; a colleague's answer is shown.
    """

    summary: GapSummary
    recorded: AnswerEvent | None = None
    standing: tuple[AnswerEvent, ...] = ()
    own: tuple[AnswerEvent, ...] = ()


class Requests(Protocol):
    """The registry, which records what units ask for and who decides it."""

    async def ask(self, claims: RequestClaims, body: Mapping[str, Any], now: datetime) -> Text: ...


class Tree(Protocol):
    async def justice_of(self, unit_code: str, day: date) -> str | None:
        """Name the justice body that follows a unit on a day."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    store: EventStore
    publisher: AlertPublisher
    tree: Tree
    requests: Requests

    async def asked(self, link: Link, today: date) -> Asked:
        """Read what a link is about; raises `NothingOwed` if the gap is closed, `LinkNotValid`."""
        summary = await gap_summary_of(self.store, link, today)
        alert = await self.store.load(AggregateRef("alert", alert_id(link.gap_id, link.unit_code)))
        draft = await self.store.load(AggregateRef("draft", draft_id(link.draft_code)))
        if (recorded := _through(link, alert.events, draft.events)) is not None:
            return Asked(summary, recorded)
        if not summary.is_open:
            raise NothingOwed
        given = answers_about(alert.events, draft.events, link.draft_code, link.gap_id)
        own = standing(answer for answer in given if answer.recipient_id == link.recipient_id)
        return Asked(summary, standing=standing(given), own=own)

    def require_confirmed(self, asked: Asked, answer: AnswerEvent, confirmed: str) -> None:
        """Raise `AnswerContradicts` unless the recipient confirmed the change of exactly what stands of theirs now."""
        if confirmed == confirmation(asked.own):
            return
        if changed := [before for before in asked.own if contradicts(before, answer)]:
            raise AnswerContradicts(changed)

    async def ask(self, link: Link, body: Mapping[str, Any], now: datetime) -> Text:
        """Ask the registry for a decision; gives who decides, and until when."""
        claims = RequestClaims(
            link_id=link.link_id,
            recipient_id=link.recipient_id,
            gap_id=link.gap_id,
            draft_code=link.draft_code,
            unit_code=link.unit_code,
            stage=link.stage,
        )
        return await self.requests.ask(claims, body, now)

    async def record(self, asked: Asked, answer: AnswerEvent, metadata: Metadata) -> AnswerEvent:
        """Record an answer; pressed twice, or by two at once, each link answers once. Returns what stands."""
        if isinstance(answer, AlertObstacleReported):
            to_unit = await self.tree.justice_of(answer.unit_code, day_in_vietnam(metadata.time))
            answer = answer.model_copy(update={"to_unit_code": to_unit})
        alert = alerts.Raise(
            gap_id=answer.gap_id,
            draft_code=answer.draft_code,
            unit_code=answer.unit_code,
            due_on=asked.summary.due_on,
        )
        handled = await self.publisher.carry_out(alerts.RecordAnswer(alert, answer), metadata)
        stands = [event.data for event in handled.events if isinstance(event.data, ANSWERS)]
        return stands[0] if stands else answer


@dataclass(frozen=True, slots=True)
class Renewals:
    """New links go by mail, to the mailbox of the old one and nowhere else; the ledger's key allows one a day and gap.

    `limits` count requests, whatever comes of them: a refusal must not reveal who is on a list.
    """

    pipeline: Pipeline
    ledger: Ledger
    limits: RequestLimits
    now: Clock

    async def renew(self, link: Link, client: str, correlation_id: str) -> None:
        """Queue the mail, if the mailbox is still on its unit's list and the gap is still open.

        Raises `TooManyAttempts` beyond the limits of the mailbox and of the client's address.
        """
        now = self.now()
        await self.limits.count(link.recipient_id, client, now)
        written = await self.pipeline.requested(RENEWED, link.recipient_id, now, link.gap_id)
        if written is not None:
            await self.ledger.enqueue([(written.notice, written.outgoing)], correlation_id, now)


def _through(link: Link, alert: Iterable[Recorded], draft: Iterable[Recorded]) -> AnswerEvent | None:
    """Find what was answered or asked for through a link."""
    key = str(link.link_id)
    for event in (*alert, *draft):
        if event.metadata.idempotency_key != key:
            continue
        if isinstance(event.data, ANSWERS):
            return event.data
        if isinstance(event.data, DraftRequestRaised):
            return as_answer(event.data, link.draft_code)
    return None
