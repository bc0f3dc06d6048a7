"""Planning: one snapshot of the tables, the reason of each notice, and the mails that are written of it by their kinds."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID

from services.notifier.application.ports import (
    Head,
    Mail,
    Notice,
    Outgoing,
    PlanningSnapshot,
    PlanRates,
    Snapshots,
)
from services.notifier.domain.delivery.retries import Shipment
from services.notifier.domain.digest import JOINT, Digest, JointNotice, Line, Situation, is_mailed, joined
from services.notifier.domain.errors import BadMoment, NotCaughtUp
from services.notifier.domain.gaps.alert import Escalate, RecordSilenced
from services.notifier.domain.gaps.gap_alert import AlertContext, Gap, UnitRequest, with_decider
from services.notifier.domain.notification.reasons import (
    GapCase,
    LastNotification,
    MailCase,
    MomentCase,
    Reason,
    SkipReason,
    Turn,
    decide_notification,
)
from services.notifier.domain.notification.timing import (
    HOUR,
    STEPS,
    MailRun,
    Step,
    due,
    following,
    turns,
    urgency_at,
)
from services.notifier.domain.overview import MonthlySummary, PlanRate, WeeklyList
from services.notifier.domain.programmes.book import DutyBook
from services.notifier.domain.programmes.notices import Reminders
from services.notifier.domain.recipients.audience import (
    Reach,
    Recipient,
    Tree,
    Unit,
    Via,
    once_an_address,
    weightiest,
)
from services.notifier.domain.recipients.preference import EVERYTHING, Preference
from shared.contracts.vocabulary import OptionalMail, Weekday
from shared.kernel.errors import Text
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.observability import signals
from shared.rules.rulebook.rulebook import Calendar
from shared.text_checks.days import moment_of

logger = signals.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nobody was written to, or not yet, and this is why; no unit means all of them."""

    reason: Reason
    unit_code: str | None = None
    recipient: Recipient | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        SkipReason(self.reason)  # raises for a reason to send


@dataclass(frozen=True, slots=True)
class UnmailedGap:
    """A gap that is open and kept out of every mail, and why."""

    unit_code: str
    draft_code: str
    reason: Reason

    def __post_init__(self) -> None:
        SkipReason(self.reason)  # raises for a reason to name it


@dataclass(frozen=True, slots=True)
class Brief:
    """A mail without its text; `files` are the names of those that go along."""

    notice: Notice
    subject: str
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class Written:
    """A notice as the mail that goes out."""

    notice: Notice
    outgoing: Outgoing

    @property
    def mail(self) -> Mail:
        return self.outgoing.mail

    @property
    def brief(self) -> Brief:
        files = [attachment.name for attachment in self.mail.attachments if not attachment.content_id]
        return Brief(self.notice, self.mail.subject, files)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a moment asks to be written (`at` in Vietnam's time), and why other mails don't go.

    `tree` has the units that are written to; `kinds` are those whose run it makes; `escalations` and `silenced`
    are what the log is to know of the day.
    """

    at: datetime
    notices: Sequence[Notice] = ()
    tree: Tree = field(default_factory=Tree)
    skipped: Sequence[Skipped] = field(default_factory=tuple)
    unmailed: Sequence[UnmailedGap] = ()
    kinds: frozenset[str] = frozenset()
    escalations: Sequence[Escalate] = ()
    silenced: Sequence[RecordSilenced] = ()

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def muted(self) -> bool:
        return any(skip.unit_code is None for skip in self.skipped)


Planned = Sequence[Notice | Skipped]


@dataclass(frozen=True, kw_only=True)
class Planning:
    """`local` is the moment (Vietnam's time), `due` the kinds whose run it makes, `chosen` the days of the week whose turn it is.

    `plan_kind` plans a kind by its name; each is planned once, whoever asks for it first. `scheduled` are the kinds of which an
    address gets one mail a day altogether.
    """

    snapshot: PlanningSnapshot
    local: datetime
    calendar: Calendar
    steps: Sequence[Step]
    due: frozenset[str] = frozenset()
    chosen: frozenset[Weekday] = frozenset()
    plan_kind: Callable[["Planning", str], Iterable[Notice | Skipped]]
    scheduled: Sequence[str] = ()
    _planned: dict[str, Planned] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return self.local.date()

    @cached_property
    def situation(self) -> Situation:
        return Situation(
            day=self.day,
            gaps=self.snapshot.gaps,
            contexts=self._contexts(),
            recipients=self.snapshot.recipients,
            tree=self.snapshot.tree,
            steps=self.steps,
            calendar=self.calendar,
        )

    @cached_property
    def requests(self) -> tuple[UnitRequest, ...]:
        """What units ask for and was decided lately, each with who decides on the day."""
        return self._with_decider(self.snapshot.requests)

    @cached_property
    def duties(self) -> DutyBook:
        return DutyBook(
            situation=self.situation, programmes=self.snapshot.programmes, silences=self.snapshot.silences
        )

    def reminders(self, recipient: Recipient) -> Reminders:
        """Give the last mail about each item to who reads at an address; of two the one about its own duty, then the later."""
        ids = self.situation.address_book.ids(recipient)
        mine = [self.snapshot.reminders.get(recipient_id, {}) for recipient_id in ids]
        return weightiest(mine, lambda last: last.weight)

    def _contexts(self) -> Mapping[UUID, AlertContext]:
        return {
            gap_id: replace(context, requests=self._with_decider(context.requests))
            if context.requests
            else context
            for gap_id, context in self.snapshot.contexts.items()
        }

    def _with_decider(self, requests: Iterable[UnitRequest]) -> tuple[UnitRequest, ...]:
        return with_decider(requests, self.snapshot.tree.directory, self.day, self.calendar)

    def planned(self, kind: str) -> Planned:
        if kind not in self._planned:
            self._planned[kind] = list(self.plan_kind(self, kind))
        return self._planned[kind]

    def notices(self, kind: str) -> list[Notice]:
        """Give the mails of a kind that are to go out."""
        return [notice for notice in self.planned(kind) if not isinstance(notice, Skipped)]

    def skipped(self, kind: str) -> list[Skipped]:
        return [notice for notice in self.planned(kind) if isinstance(notice, Skipped)]

    def recipients(self) -> Iterator[Recipient]:
        """Give the mailboxes that are valid on the day."""
        return (recipient for recipient in self.snapshot.recipients if recipient.is_valid_on(self.day))

    def recipient(self, recipient_id: UUID) -> Recipient | None:
        return next(
            (recipient for recipient in self.recipients() if recipient.recipient_id == recipient_id), None
        )

    def turn_of(self, recipient: Recipient) -> Turn | None:
        """Say whether it is the turn of the day of the week that a mailbox chose; None if it chose none."""
        chosen = self.preference(recipient).digest_day
        if chosen is None:
            return None
        return Turn(chosen in self.chosen, following(chosen, self.day, self.calendar))

    def preference(self, recipient: Recipient) -> Preference:
        """Give what holds at an address that is listed more than once: what any of its recipients ended has ended."""
        stored, alike = self.snapshot.preferences, self.situation.address_book.alike(recipient)
        chosen = [stored.get(each.recipient_id, EVERYTHING) for each in alike]
        days = {each.digest_day for each in chosen}
        unwanted = frozenset[OptionalMail]().union(*(each.unwanted for each in chosen))
        return Preference(days.pop() if len(days) == 1 else None, unwanted)

    def notified(self, recipient: Recipient) -> Mapping[UUID, LastNotification]:
        """Give the last notifications of who reads at an address; of two of one gap the one to who answers for it."""
        ids = self.situation.address_book.ids(recipient)
        mine = [self.snapshot.notified.get(recipient_id, {}) for recipient_id in ids]
        return weightiest(mine, lambda last: last.weight)

    def is_done(self, kind: str, recipient: Recipient) -> bool:
        """Say whether the ledger has a mail of a kind and the day to the address of a recipient.

        Of scheduled kinds an address gets one mail a day: what comes later waits for the next working day.
        """
        kinds = (*self.scheduled, JOINT) if kind in self.scheduled else (kind,)
        return is_mailed(self.snapshot.done, kinds, self.situation.address_book.ids(recipient))

    def is_done_later(self, kind: str, recipient: Recipient) -> bool:
        ids = self.situation.address_book.ids(recipient)
        return any((kind, recipient_id) in self.snapshot.later for recipient_id in ids)

    def named(self, digest: Digest) -> Digest:
        """Add what units and policies are called, and whom the reader can ask about what is owed."""
        contacts = self.contacts({line.gap.unit_code for line in digest.owed})
        reading = {line.reader.unit_code for line in digest.lines if line.reader}
        return replace(
            digest,
            unit_names=self.unit_names(digest.lines, reading | set(contacts)),
            policy_names=self.policy_names(digest.lines),
            contacts=contacts,
            due_documents={
                code: self.snapshot.tree.due_document(code)
                for code in {line.gap.unit_code for line in digest.lines}
            },
        )

    def unit_names(self, lines: Iterable[Line], more: Iterable[str] = ()) -> Mapping[str, str]:
        """Name the units that some lines speak of, and some more, as they are called on the day."""
        codes: set[str | None] = set(more)
        for line in lines:
            codes |= {request.decider_code for request in line.context.requests}
            codes |= {reply.by_unit_code for request in line.context.requests for reply in request.replies}
            codes |= {answer.to_unit_code for answer in line.context.answers}
            codes.add(line.gap.unit_code)
        return self.snapshot.tree.names(codes)

    @cached_property
    def request_names(self) -> Mapping[str, str]:
        """Name the units that requests and replies speak of, as they are called on the day."""
        codes: set[str | None] = set()
        for request in self.requests:
            codes |= {request.unit_code, request.decider_code, request.settled_by, request.to_unit}
        for reply in (*self.snapshot.replies, *(each for asked in self.requests for each in asked.replies)):
            codes |= {reply.by_unit_code, reply.to_unit_code}
        return self.snapshot.tree.names(codes)

    def policy_names(self, lines: Iterable[Line]) -> Mapping[str, Mapping[int, str]]:
        drafts = {line.gap.draft_code for line in lines}
        return {code: names for code, names in self.snapshot.policies.items() if code in drafts}

    def contacts(self, units: Iterable[str]) -> Mapping[str, str]:
        """Give the addresses of the bodies that decide what these units ask for, as far as they are listed."""
        directory, audience = self.snapshot.tree.directory, self.situation.audience
        bodies = {code for unit in units for code in directory.deciders_on(unit, self.day)[:1]}
        addresses = {code: audience.contact(code) for code in sorted(bodies)}
        return {code: email for code, email in addresses.items() if email}

    def without_recipient(self) -> Iterator[Skipped]:
        """Name the units with open gaps and no recipient; `detail` is the unit that reads instead."""
        for code in sorted({gap.unit_code for gap in self.situation.open_gaps()}):
            reached = self.situation.audience.of_duty(code)
            reason = decide_notification(MailCase(has_reader=_reads_itself(reached)))
            if reason is Reason.NO_RECIPIENT:
                yield Skipped(reason, code, detail=reached[0].unit_code if reached else None)

    def unmailed(self) -> Iterator[UnmailedGap]:
        """Name the open gaps that no mail speaks of, and those whose alert is not in their state yet."""
        for alert in self.snapshot.pending:
            reason = self.first_reason(alert.gap, pending=True)
            yield UnmailedGap(alert.unit_code, alert.draft_code, reason)
        for gap in self.situation.open_gaps():
            if not (reason := self.first_reason(gap)).in_mail:
                yield UnmailedGap(gap.unit_code, gap.draft_code, reason)

    def first_reason(self, gap: Gap, *, pending: bool = False) -> Reason:
        """Give the reason that decides for a recipient who was never notified of a gap."""
        context = self.situation.context(gap)
        case = GapCase(gap=gap, day=self.day, calendar=self.calendar, context=context, pending=pending)
        return decide_notification(case)


def _reads_itself(reached: Sequence[Reach]) -> bool:
    return any(reach.via is not Via.SUPERIOR for reach in reached)


class MailKind(ABC):
    """A kind overrides what is its own. To add one: its module, its templates, a line in `adapters/mails/kinds.py`, a test.

    `optional`: what its reader may end. `lasts_a_day`: the next working day's mail repeats its content, so a
    late one is not sent. `once_a_day`: a mailbox gets at most one a day. `made_on_request`: an operator's tick makes it,
    whether its run is due or not. `runs_with`: the kind whose runs are its own as well. `scheduled`: its place among the parts of the one scheduled mail that an address gets a day.
    `needs`: the part of `PlanningSnapshot` that its mails are about; it is not planned while that is empty.
    """

    name: ClassVar[str]
    label: ClassVar[Text]
    optional: ClassVar[OptionalMail | None] = None
    lasts_a_day: ClassVar[bool] = False
    once_a_day: ClassVar[bool] = False
    made_on_request: ClassVar[bool] = False
    runs_with: ClassVar[str | None] = None
    scheduled: ClassVar[int | None] = None
    needs: ClassVar[str | None] = None

    def run_of(self, _day: date) -> MailRun | None:
        """Give the mail run that a day belongs to; a kind without runs is not planned by the calendar."""
        return None

    def recipients(self, _planning: Planning) -> Iterable[Recipient]:
        return ()

    def compose(self, _planning: Planning, _recipient: Recipient) -> Notice | None:
        """Make the mail of a recipient, with its key in the ledger; None if it would be empty.

        It is asked for once for each address, with the first recipient there; `situation.address_book` has the others.
        """
        return None

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        """Give the mails of a run, one for each address, and those that their recipients unsubscribed from."""
        if (self.runs_with or self.name) not in planning.due:
            return
        for recipient in once_an_address(self.recipients(planning)):
            if planning.is_done(self.name, recipient):
                yield Skipped(Reason.ALREADY_SENT, recipient.unit_code, recipient)
            elif notice := self.compose(planning, recipient):
                if notice.key in planning.snapshot.notice_keys:
                    yield Skipped(Reason.ALREADY_SENT, recipient.unit_code, recipient)
                else:
                    yield self._unless_ended(planning, notice)

    def requested(self, _planning: Planning, _recipient: Recipient, _gap_id: UUID | None) -> Notice | None:
        """Make the mail that a reader asked for; None if it is not theirs to ask for."""
        return None

    def ends(self, _notice: Any) -> OptionalMail | None:
        """Name what a reader of a mail may end; None if it is a duty."""
        return self.optional

    @abstractmethod
    def render(self, notice: Any, unit: Unit) -> Mail:
        """Write it; `notice` is one that this kind made."""

    def _unless_ended(self, planning: Planning, notice: Notice) -> Notice | Skipped:
        recipient = notice.recipient
        unwanted = planning.preference(recipient).unwanted
        ends = self.ends(notice)
        reason = decide_notification(MailCase(ends=ends, unwanted=unwanted))
        return notice if reason.is_news else Skipped(reason, recipient.unit_code, recipient, ends)


class JointMails(MailKind):
    """The kind of the mails that stand for several of a day."""

    @abstractmethod
    def joined(self, notice: JointNotice, parts: Sequence[tuple[Text, Mail]]) -> Mail:
        """Make one mail of the parts, each with the name of its kind."""


class MailKinds:
    """All kinds, in the order in which their mails are queued."""

    def __init__(self, kinds: Iterable[MailKind]) -> None:
        self._by_name: dict[str, MailKind] = {}
        for kind in kinds:
            if kind.name in self._by_name:
                raise ValueError(f"two kinds of mail are called {kind.name}")
            self._by_name[kind.name] = kind

    def __iter__(self) -> Iterator[MailKind]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> MailKind:
        return self._by_name[name]

    def runs_of(self, day: date) -> Sequence[MailRun]:
        """Give the mail runs that a day belongs to."""
        runs = (kind.run_of(day) for kind in self)
        return [run for run in runs if run is not None]

    @property
    def on_request(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self if kind.made_on_request)

    @property
    def once_a_day(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self if kind.once_a_day)

    def label(self, name: str) -> Text:
        """Name a kind for people; one that a later release brought, or an earlier one had, by its own name."""
        kind = self._by_name.get(name)
        return kind.label if kind else Text(name, name)

    def shipment(self, name: str, day: date, queued_at: datetime) -> Shipment:
        kind = self._by_name.get(name)
        return Shipment(lasts_a_day=kind is not None and kind.lasts_a_day, day=day, queued_at=queued_at)

    @property
    def scheduled(self) -> Sequence[str]:
        """Name the kinds of which an address gets one mail a day altogether, in the order of its parts."""
        if JOINT not in self._by_name:
            return ()
        places = [(kind.scheduled, kind.name) for kind in self if kind.scheduled is not None]
        return [name for _, name in sorted(places)]

    def render(self, notice: Notice, tree: Tree) -> Mail:
        """Write a mail; one of several parts of what their kinds write."""
        kind = self._by_name[notice.kind]
        if isinstance(notice, JointNotice) and isinstance(kind, JointMails):
            parts = [(self.label(part.kind), self.render(part, tree)) for part in notice.parts]
            return kind.joined(notice, parts)
        return kind.render(notice, tree.unit(notice.recipient.unit_code))

    def plan_kind(self, planning: Planning, name: str) -> Iterable[Notice | Skipped]:
        """Plan the mails of a kind; none of one whose mails would be about nothing."""
        kind = self._by_name.get(name)
        if kind is None or (kind.needs and not attrgetter(kind.needs)(planning.snapshot)):
            return ()
        return kind.plan(planning)

    def plan(self, planning: Planning) -> Plan:
        """Say which mails go out, and why others don't."""
        notices = [notice for kind in self for notice in planning.notices(kind.name)]
        return Plan(
            planning.local,
            list(joined(notices, self.scheduled)),
            planning.snapshot.tree,
            [
                *planning.without_recipient(),
                *(skipped for kind in self for skipped in planning.skipped(kind.name)),
            ],
            list(planning.unmailed()),
            planning.due,
            list(planning.situation.escalations()),
            list(planning.situation.silenced()),
        )


PATIENCE = timedelta(seconds=5)
PAUSE = 0.1  # seconds between two looks at the read model


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Reads and decides; sends nothing and writes nothing. `message_id` names a mail by its key in the ledger."""

    snapshots: Snapshots
    kinds: MailKinds
    message_id: Callable[[str], str]
    calendar: Calendar
    head: Head
    steps: Sequence[Step] = STEPS
    rates: PlanRates | None = None

    async def plan(self, at: datetime, now: datetime, kinds: frozenset[str] | None = None) -> Plan:
        """Say which mails go out at a moment; raises `NotCaughtUp` rather than judge by old data.

        `kinds` are those whose run to make; without them those made on request, and those that are due.
        """
        local = at.astimezone(VIETNAM)
        reason = decide_notification(MomentCase(local, self.calendar))
        if not reason.is_news:
            return Plan(local, skipped=(Skipped(reason),))
        snapshot = await self._snapshot(local.date())
        today = local.date() == day_in_vietnam(now)
        if kinds is None:
            kinds = self._due(local.date(), snapshot.runs, today=today) | self.kinds.on_request
        chosen = turns(local.date(), snapshot.runs, self.calendar, today=today)
        return self.kinds.plan(self._planning(snapshot, local, kinds, chosen))

    async def mails(self, plan: Plan) -> AsyncIterator[Written]:
        """Write what was planned, mail by mail: each takes some milliseconds, in which nothing else gets on."""
        rates: dict[tuple[str, date], PlanRate | None] = {}
        for notice in plan.notices:
            yield self._written(await self._with_rates(notice, plan.tree, rates), plan.tree, plan.at)
            await asyncio.sleep(0)

    async def _with_rates(
        self, notice: Notice, tree: Tree, rates: dict[tuple[str, date], PlanRate | None]
    ) -> Notice:
        """Add the rates of the units that a leader's page is about; `rates` are those of the run, asked for once."""
        if isinstance(notice, JointNotice):
            return replace(
                notice, parts=tuple([await self._with_rates(part, tree, rates) for part in notice.parts])
            )
        if self.rates is None or not isinstance(notice, MonthlySummary | WeeklyList):
            return notice
        units, day = notice.rated
        for unit in units:
            away = None in rates.values()  # metrics did not answer: it is not asked for every mail
            if (unit.code, day) not in rates and not away:
                area = tree.oversees(unit.code)
                rates[unit.code, day] = await self.rates.of(unit.code, day, area=area)
        given = ((unit, rates.get((unit.code, day))) for unit in units)
        return replace(notice, rates=tuple((unit, rate) for unit, rate in given if rate))

    async def requested(
        self, kind: str, recipient_id: UUID, now: datetime, gap_id: UUID | None = None
    ) -> Written | None:
        """Make the mail that a reader asked for; None if they are not written to any more, or it is not theirs."""
        planning = await self.planning(now)
        recipient = planning.recipient(recipient_id)
        notice = self.kinds[kind].requested(planning, recipient, gap_id) if recipient else None
        return self.written(notice, planning) if notice else None

    async def planning(self, now: datetime) -> Planning:
        """Give what mails of this moment are made of, as new as the log."""
        local = now.astimezone(VIETNAM)
        return self._planning(await self._snapshot(local.date()), local)

    def written(self, notice: Notice, planning: Planning) -> Written:
        """Write a mail that a person sends or asked for."""
        return self._written(notice, planning.snapshot.tree, planning.local)

    async def unreached(self, now: datetime) -> list[Skipped]:
        """Name the units with open gaps today and no recipient."""
        return list((await self.planning(now)).without_recipient())

    async def wanted(self, now: datetime) -> frozenset[str] | None:
        """Give the kinds whose mail run is due at a moment; None if there is nothing to plan at all."""
        local = now.astimezone(VIETNAM)
        if not decide_notification(MomentCase(local, self.calendar)).is_news:
            return None
        kinds = self._due(local.date(), await self.snapshots.runs(), today=True)
        at_once = (
            await self._is_urgent(local)
            or await self.snapshots.has_untold_decision(local.date())
            or await self.snapshots.has_new_change(now)
        )
        return kinds if kinds or at_once else None

    async def _is_urgent(self, local: datetime) -> bool:
        """Say whether there is a gap that can't wait and stands in no mail yet."""
        urgency = urgency_at(local, self.calendar)
        return any(urgency.covers(gap) for gap in await self.snapshots.unwritten(urgency))

    def _due(self, day: date, done: frozenset[str], *, today: bool) -> frozenset[str]:
        return due(self.kinds.runs_of(day), day, done, self.calendar, today=today)

    def _planning(
        self,
        snapshot: PlanningSnapshot,
        local: datetime,
        kinds: frozenset[str] = frozenset(),
        chosen: frozenset[Weekday] = frozenset(),
    ) -> Planning:
        return Planning(
            snapshot=snapshot,
            local=local,
            calendar=self.calendar,
            steps=self.steps,
            due=kinds,
            chosen=chosen,
            plan_kind=self.kinds.plan_kind,
            scheduled=self.kinds.scheduled,
        )

    def _written(self, notice: Notice, tree: Tree, local: datetime) -> Written:
        recipient = notice.recipient
        outgoing = Outgoing(
            mail=self.kinds.render(notice, tree),
            to=recipient.email,
            message_id=self.message_id(notice.key),
            dated=local,
            day=notice.day,
            unit_code=recipient.unit_code,
            recipient_id=recipient.recipient_id,
            kind=notice.kind,
        )
        return Written(notice, outgoing)

    async def _snapshot(self, day: date) -> PlanningSnapshot:
        """Read the snapshot once it is as new as the log, and every alert in the state of its gap.

        A rebuild that is under way would look like news. An alert that stays behind its gap keeps back that gap alone.
        """
        head = await self.head()
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while await self.snapshots.position() < head:  # noqa: ASYNC110  moved by whichever process projects
                    await asyncio.sleep(PAUSE)
                while await self.snapshots.is_pending():  # noqa: ASYNC110  and publishes
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            logger.warning("planning_did_not_wait", head=head)
        snapshot = await self.snapshots.read(day)
        if snapshot.position < head:
            raise NotCaughtUp(snapshot.position, head)
        if snapshot.pending:
            logger.warning("alerts_pending", gaps=len(snapshot.pending))
        return snapshot


def moment(text: str | None, now: datetime) -> datetime:
    """Read a moment: None means now, a day alone means 08:00, without an offset it is Vietnam's time."""
    if text is None:
        return now
    try:
        return moment_of(text, HOUR)
    except ValueError as error:
        raise BadMoment(text) from error
