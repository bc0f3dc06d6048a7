"""From gaps to mails: mute, group, drop what was said already; the ledger and the sender do the rest."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.notifier.application.plan import Plan, Skipped, Written
from services.notifier.application.planner import Planner
from services.notifier.application.ports import Desk, Desks, Head, Notice, Outgoing, Renderer
from services.notifier.domain.digest import (
    HOUR,
    mute,
    next_digest,
)
from services.notifier.domain.escalation import STEPS, Step
from services.notifier.domain.refusals import BadMoment, NotCaughtUp
from services.notifier.domain.rounds import Kind, due, turns
from services.notifier.domain.units import Tree
from shared import log
from shared.clock import VIETNAM, day_in_vietnam
from shared.contracts.vocabulary import Weekday
from shared.rules.working_days import Calendar

PATIENCE = timedelta(seconds=5)
PAUSE = 0.1  # seconds between two looks at the read model

logger = log.get(__name__)


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
        chosen = turns(local.date(), desk.rounds, self.calendar, today=today)
        return self._planner(desk, local, kinds, chosen).plan()

    async def mails(self, plan: Plan) -> AsyncIterator[Written]:
        """Write what was planned, mail by mail: each takes some milliseconds, in which nothing else gets on."""
        for notice in plan.notices:
            yield self._written(notice, plan.tree, plan.at)
            await asyncio.sleep(0)

    async def renewed(self, recipient_id: UUID, gap_id: UUID, now: datetime) -> Written | None:
        """Make the mail that speaks of one gap again, with new links; None if it is not theirs to answer for."""
        local = now.astimezone(VIETNAM)
        desk = await self._desk(local.date())
        mail = self._planner(desk, local, frozenset()).renewed(recipient_id, gap_id)
        return self._written(mail, desk.tree, local) if mail else None

    async def settings(self, recipient_id: UUID, now: datetime) -> Written | None:
        """Make the mail that says what a mailbox chose; None if it is not written to any more."""
        local = now.astimezone(VIETNAM)
        desk = await self._desk(local.date())
        mail = self._planner(desk, local, frozenset()).settings(recipient_id)
        return self._written(mail, desk.tree, local) if mail else None

    async def unreached(self, now: datetime) -> list[Skipped]:
        """Name the units that owe something today and that nobody reads for."""
        local = now.astimezone(VIETNAM)
        return list(self._planner(await self._desk(local.date()), local, frozenset()).without_recipient())

    async def wanted(self, now: datetime) -> frozenset[Kind] | None:
        """Say which rounds a moment of the clock asks for; None if there is nothing to plan at all."""
        local = now.astimezone(VIETNAM)
        if mute(local, self.calendar) is not None:
            return None
        kinds = due(local.date(), await self.desks.rounds(), self.calendar, today=True)
        following = next_digest(local, self.calendar).date()
        return kinds if kinds or await self.desks.hurried(local.date(), following) else None

    def _planner(
        self,
        desk: Desk,
        local: datetime,
        kinds: frozenset[Kind],
        chosen: frozenset[Weekday] = frozenset(),
    ) -> Planner:
        return Planner(self.calendar, self.steps, desk, local, kinds, chosen)

    def _written(self, notice: Notice, tree: Tree, local: datetime) -> Written:
        recipient = notice.recipient
        outgoing = Outgoing(
            mail=self.renderer.render(notice, tree.unit(recipient.unit_code)),
            to=recipient.email,
            message_id=self.renderer.message_id(notice),
            dated=local,
            day=notice.day,
            unit_code=recipient.unit_code,
            recipient_id=recipient.recipient_id,
            kind=notice.kind,
        )
        return Written(notice, outgoing)

    async def _desk(self, day: date) -> Desk:
        """Read the desk once it is as new as the log, and every alert in the state of its gap.

        A rebuild that is under way would look like news. An alert that stays behind its gap keeps back that gap alone.
        """
        head = await self.head()
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while await self.desks.position() < head:  # noqa: ASYNC110  moved by whichever process projects
                    await asyncio.sleep(PAUSE)
                while await self.desks.is_pending():  # noqa: ASYNC110  and publishes
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            logger.warning("planning_did_not_wait", head=head)
        desk = await self.desks.desk(day)
        if desk.position < head:
            raise NotCaughtUp(desk.position, head)
        if desk.pending:
            logger.warning("alerts_pending", gaps=len(desk.pending))
        return desk


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
