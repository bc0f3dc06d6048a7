"""From gaps to mails: mute, group, drop what was already notified; the ledger and the sender do the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.notifier.application.mail_kinds import MailKinds
from services.notifier.application.plan import Plan, Skipped, Written
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Head, Notice, Outgoing, PlanningSnapshot, Snapshots
from services.notifier.domain.errors import BadMoment, NotCaughtUp
from services.notifier.domain.notification.escalation import STEPS, Step
from services.notifier.domain.notification.notification_case import MomentCase
from services.notifier.domain.notification.office_hours import HOUR
from services.notifier.domain.notification.reasons import decide_notification
from services.notifier.domain.notification.schedule import due, turns
from services.notifier.domain.notification.urgency import urgency_at
from services.notifier.domain.recipients.supervision import Tree
from shared.contracts.vocabulary import Weekday
from shared.kernel import log
from shared.kernel.clock import VIETNAM, day_in_vietnam
from shared.rules.rulebook.working_days import Calendar
from shared.text_checks.days import moment_of

logger = log.get(__name__)

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
        for notice in plan.notices:
            yield self._written(notice, plan.tree, plan.at)
            await asyncio.sleep(0)

    async def requested(
        self, kind: str, recipient_id: UUID, now: datetime, gap_id: UUID | None = None
    ) -> Written | None:
        """Make the mail that a reader asked for; None if they are not written to any more, or it is not theirs."""
        local = now.astimezone(VIETNAM)
        snapshot = await self._snapshot(local.date())
        planning = self._planning(snapshot, local)
        recipient = planning.recipient(recipient_id)
        notice = self.kinds[kind].requested(planning, recipient, gap_id) if recipient else None
        return self._written(notice, snapshot.tree, local) if notice else None

    async def unreached(self, now: datetime) -> list[Skipped]:
        """Name the units with open gaps today and no recipient."""
        local = now.astimezone(VIETNAM)
        return list(self._planning(await self._snapshot(local.date()), local).without_recipient())

    async def wanted(self, now: datetime) -> frozenset[str] | None:
        """Give the kinds whose mail run is due at a moment; None if there is nothing to plan at all."""
        local = now.astimezone(VIETNAM)
        if not decide_notification(MomentCase(local, self.calendar)).is_news:
            return None
        kinds = self._due(local.date(), await self.snapshots.runs(), today=True)
        return kinds if kinds or await self._is_urgent(local) else None

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
        )

    def _written(self, notice: Notice, tree: Tree, local: datetime) -> Written:
        recipient = notice.recipient
        outgoing = Outgoing(
            mail=self.kinds[notice.kind].render(notice, tree.unit(recipient.unit_code)),
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
