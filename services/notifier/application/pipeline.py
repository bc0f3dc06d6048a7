"""From gaps to mails: mute, group, drop what was said already; the ledger and the sender do the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.notifier.application.ports import Desk, Desks, Mail, Notice, Outgoing, Renderer
from services.notifier.domain.alert import Escalate, RecordSilenced
from services.notifier.domain.audience import Via
from services.notifier.domain.digest import (
    HOUR,
    Digest,
    Line,
    cannot_wait,
    compose,
    compose_immediate,
    compose_renewed,
    mute,
    next_digest,
)
from services.notifier.domain.escalation import STEPS, Step
from services.notifier.domain.gap import Gap
from services.notifier.domain.overview import monthly_summary, weekly_list
from services.notifier.domain.reasons import Quiet, Reason, Skip, Told, reason_to_speak
from services.notifier.domain.recipient import Recipient
from services.notifier.domain.refusals import BadMoment, NotCaughtUp
from services.notifier.domain.rounds import Kind, due, rounds_of
from services.notifier.domain.situation import Situation
from shared.clock import VIETNAM, day_in_vietnam
from shared.rules.working_days import Calendar

PATIENCE = timedelta(seconds=5)
PAUSE = 0.1  # seconds between two looks at the read model

Head = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nobody was written to, or not yet, and this is why; no unit means all of them."""

    reason: Skip
    unit_code: str | None = None
    recipient: Recipient | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A gap that is open and kept out of every mail, and why."""

    unit_code: str
    draft_code: str
    reason: Quiet


@dataclass(frozen=True, slots=True)
class Planned:
    digest: Notice
    outgoing: Outgoing

    @property
    def mail(self) -> Mail:
        return self.outgoing.mail


@dataclass(frozen=True, slots=True)
class Plan:
    """Which mails a moment asks for (`at` in Vietnam's time), and why others don't go.

    `kinds` are the rounds that it makes; `escalations` and `silenced` are what the log is to know of the day.
    """

    at: datetime
    planned: Sequence[Planned] = ()
    skipped: Sequence[Skipped] = field(default_factory=tuple)
    unsaid: Sequence[Unsaid] = ()
    kinds: frozenset[Kind] = frozenset()
    escalations: Sequence[Escalate] = ()
    silenced: Sequence[RecordSilenced] = ()

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def muted(self) -> bool:
        return any(skip.unit_code is None for skip in self.skipped)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Reads and decides; sends nothing and writes nothing."""

    desks: Desks
    renderer: Renderer
    calendar: Calendar
    head: Head
    steps: Sequence[Step] = STEPS

    async def plan(self, at: datetime, now: datetime, kinds: frozenset[Kind] | None = None) -> Plan:
        """Say which mails go out at a moment; raises `NotCaughtUp` rather than judge by old data.

        `kinds` are the rounds to make; without them it is the digest, and those that the day asks for.
        """
        local = at.astimezone(VIETNAM)
        if (why := mute(local, self.calendar)) is not None:
            return Plan(local, skipped=(Skipped(why),))
        desk = await self._desk(local.date())
        today = local.date() == day_in_vietnam(now)
        if kinds is None:
            kinds = due(local.date(), desk.rounds, self.calendar, today=today) | {Kind.DIGEST}
        return _Planner(self, desk, local, kinds).plan()

    async def renewed(self, recipient_id: UUID, gap_id: UUID, now: datetime) -> Planned | None:
        """Make the mail that speaks of one gap again, with new links; None if it is not theirs to answer for."""
        local = now.astimezone(VIETNAM)
        desk = await self._desk(local.date())
        return _Planner(self, desk, local, frozenset()).renewed(recipient_id, gap_id)

    async def unreached(self, now: datetime) -> list[Skipped]:
        """Name the units that owe something today and that nobody reads for."""
        local = now.astimezone(VIETNAM)
        return list(_Planner(self, await self._desk(local.date()), local, frozenset()).without_recipient())

    async def wanted(self, now: datetime) -> frozenset[Kind] | None:
        """Say which rounds a moment of the clock asks for; None if there is nothing to plan at all."""
        local = now.astimezone(VIETNAM)
        if mute(local, self.calendar) is not None:
            return None
        kinds = due(local.date(), await self.desks.rounds(), self.calendar, today=True)
        following = next_digest(local, self.calendar).date()
        return kinds if kinds or await self.desks.hurried(local.date(), following) else None

    async def _desk(self, day: date) -> Desk:
        """Read the desk once it is as new as the log: a rebuild that is under way would look like news."""
        head = await self.head()
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while await self.desks.position() < head:  # noqa: ASYNC110  moved by whichever process projects
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            raise NotCaughtUp(await self.desks.position(), head) from None
        desk = await self.desks.desk(day)
        if desk.position < head:
            raise NotCaughtUp(desk.position, head)
        return desk


class _Planner:
    """One plan: what a desk asks for at a moment (Vietnam's time)."""

    def __init__(self, pipeline: Pipeline, desk: Desk, local: datetime, kinds: frozenset[Kind]) -> None:
        self._pipeline = pipeline
        self._desk = desk
        self._local = local
        self._day = local.date()
        self._kinds = kinds
        self._periods = {one.kind: one.period for one in rounds_of(self._day)}
        self._situation = Situation(
            day=self._day,
            gaps=desk.gaps,
            matters=desk.matters,
            recipients=desk.recipients,
            tree=desk.tree,
            steps=pipeline.steps,
            calendar=pipeline.calendar,
        )

    def plan(self) -> Plan:
        lists = [*self._weekly(), *self._monthly()]
        told = _with_lists(self._desk.told, lists)
        digests: list[Digest] = []
        skipped = list(self.without_recipient())
        for recipient in self._valid():
            found = self._digest(recipient, told.get(recipient.recipient_id, {}))
            if isinstance(found, Digest):
                digests.append(found)
            else:
                skipped.append(Skipped(found, recipient.unit_code, recipient))
        notices: list[Notice] = [*digests, *self._immediate(digests), *lists]
        return Plan(
            self._local,
            [self._planned(notice) for notice in notices],
            skipped,
            list(self._unsaid()),
            self._kinds,
            list(self._situation.escalations()),
            list(self._situation.silenced()),
        )

    def renewed(self, recipient_id: UUID, gap_id: UUID) -> Planned | None:
        for recipient in self._valid():
            if recipient.recipient_id == recipient_id:
                for entry in self._situation.entries(recipient, {}):
                    if entry.gap.gap_id == gap_id and not entry.above:
                        mail = compose_renewed(recipient, entry, self._day, self._pipeline.calendar)
                        return self._planned(self._named(mail))
        return None

    def _valid(self) -> Iterator[Recipient]:
        return (one for one in self._desk.recipients if one.is_valid_on(self._day))

    def _digest(self, recipient: Recipient, told: Mapping[UUID, Told]) -> Digest | Skip:
        if recipient.recipient_id in self._desk.done:
            return Skip.ALREADY_SENT
        if recipient.recipient_id in self._desk.later:
            return Skip.LATER_DIGEST
        if Kind.DIGEST not in self._kinds:
            return Skip.ROUND_DONE
        entries = self._situation.entries(recipient, told)
        digest = compose(recipient, entries, told, self._day, self._pipeline.calendar)
        return self._named(digest) if digest else Skip.NOTHING_NEW

    def _named(self, digest: Digest) -> Digest:
        codes = {line.gap.unit_code for line in digest.lines}
        return replace(digest, unit_names={code: self._desk.tree.unit(code).name for code in codes})

    def _immediate(self, digests: Sequence[Digest]) -> Iterator[Digest]:
        """Write at once of what can't wait for a digest, to those whom none goes to now."""
        served = {digest.recipient.recipient_id for digest in digests}
        for gap in self._situation.open_gaps():
            if cannot_wait(gap, self._local, self._pipeline.calendar) and self._is_news(gap):
                for recipient, stand_in in self._untold(gap, served):
                    entry = replace(self._situation.entry(gap), stand_in=stand_in)
                    mail = compose_immediate(recipient, entry, self._day, self._pipeline.calendar)
                    yield self._named(mail)

    def _untold(self, gap: Gap, served: set[UUID]) -> Iterator[tuple[Recipient, bool]]:
        """Give who answers for a gap and has not heard of it, and whether it only stands in for its unit."""
        for reach in self._situation.audience.of_duty(gap.unit_code):
            for recipient in reach.recipients:
                told = self._desk.told.get(recipient.recipient_id, {})
                if recipient.recipient_id not in served and gap.gap_id not in told:
                    yield recipient, reach.via is Via.SUPERIOR

    def _is_news(self, gap: Gap) -> bool:
        reason = self._first_word(gap)
        return isinstance(reason, Reason) and reason.is_news

    def _first_word(self, gap: Gap) -> Reason | Quiet:
        """Say what would be said of a gap to somebody who never heard of it."""
        matter = self._situation.matter(gap)
        return reason_to_speak(gap, None, matter, self._day, self._pipeline.calendar)

    def _weekly(self) -> Iterator[Notice]:
        if Kind.WEEKLY_LIST in self._kinds:
            period = self._periods[Kind.WEEKLY_LIST]
            for recipient in self._situation.audience.supervisors():
                if found := weekly_list(recipient, self._situation, period):
                    yield found

    def _monthly(self) -> Iterator[Notice]:
        if Kind.MONTHLY_SUMMARY in self._kinds:
            period = self._periods[Kind.MONTHLY_SUMMARY]
            for reach in self._situation.audience.leaders():
                for recipient in reach.recipients:
                    if found := monthly_summary(recipient, self._situation, self._desk.history, period):
                        yield found

    def without_recipient(self) -> Iterator[Skipped]:
        """Name the units that owe something and that nobody reads for; `detail` is who reads instead."""
        for code in sorted({gap.unit_code for gap in self._situation.open_gaps()}):
            reached = self._situation.audience.of_duty(code)
            if not any(reach.via is not Via.SUPERIOR for reach in reached):
                yield Skipped(Skip.NO_RECIPIENT, code, detail=reached[0].unit_code if reached else None)

    def _unsaid(self) -> Iterator[Unsaid]:
        for gap in self._situation.open_gaps():
            if isinstance(reason := self._first_word(gap), Quiet):
                yield Unsaid(gap.unit_code, gap.draft_code, reason)

    def _planned(self, notice: Notice) -> Planned:
        recipient = notice.recipient
        outgoing = Outgoing(
            mail=self._pipeline.renderer.render(notice, self._desk.tree.unit(recipient.unit_code)),
            to=recipient.email,
            message_id=self._pipeline.renderer.message_id(notice),
            dated=self._local,
            day=notice.day,
            unit_code=recipient.unit_code,
            recipient_id=recipient.recipient_id,
            kind=notice.kind,
        )
        return Planned(notice, outgoing)


def _with_lists(
    told: Mapping[UUID, Mapping[UUID, Told]], lists: Sequence[Notice]
) -> Mapping[UUID, Mapping[UUID, Told]]:
    """What has climbed to somebody and stands in a list of today is not said again in today's digest."""
    known = {recipient: dict(of_gap) for recipient, of_gap in told.items()}
    for notice in lists:
        climbed = (line for line in notice.lines if line.reason is Reason.ESCALATED)
        known.setdefault(notice.recipient.recipient_id, {}).update(
            {line.gap.gap_id: _told_of(line, notice.day) for line in climbed}
        )
    return known


def _told_of(line: Line, day: date) -> Told:
    return Told(
        day=day,
        standing=line.standing,
        due_on=line.gap.due_on,
        policies=line.gap.policies,
        unit_code=line.unit_code,
        above=True,
    )


def moment(text: str | None, now: datetime) -> datetime:
    """Read a moment: none means now, a day alone means 08:00, without an offset it is Vietnam's time."""
    if not text:
        return now
    try:
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), HOUR, VIETNAM)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadMoment(text) from error
    return at if at.tzinfo else at.replace(tzinfo=VIETNAM)
