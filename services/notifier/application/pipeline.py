"""From gaps to mails: mute, group, drop what was said already; the ledger and the sender do the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.notifier.application.ports import Desk, Desks, Mail, Outgoing, Renderer
from services.notifier.domain.digest import HOUR, Digest, Recipient, compose, mute
from services.notifier.domain.reasons import Skip
from services.notifier.domain.refusals import BadMoment, NotCaughtUp
from shared.clock import VIETNAM
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
class Planned:
    digest: Digest
    outgoing: Outgoing

    @property
    def mail(self) -> Mail:
        return self.outgoing.mail


@dataclass(frozen=True, slots=True)
class Plan:
    """Which mails a moment asks for (`at` in Vietnam's time), and why others don't go."""

    at: datetime
    planned: Sequence[Planned] = ()
    skipped: Sequence[Skipped] = field(default_factory=tuple)

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

    async def plan(self, at: datetime) -> Plan:
        """Say which mails go out at a moment; raises `NotCaughtUp` rather than judge by old data."""
        local = at.astimezone(VIETNAM)
        if (why := mute(local, self.calendar)) is not None:
            return Plan(local, skipped=(Skipped(why),))
        desk = await self._desk(local.date())
        planned: list[Planned] = []
        skipped = list(_without_recipient(desk, local.date()))
        for recipient in (r for r in desk.recipients if r.is_valid_on(local.date())):
            digest = self._digest(desk, recipient, local.date())
            if isinstance(digest, Digest):
                planned.append(self._planned(desk, digest, local))
            else:
                skipped.append(Skipped(digest, recipient.unit_code, recipient))
        return Plan(local, planned, skipped)

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

    def _digest(self, desk: Desk, recipient: Recipient, day: date) -> Digest | Skip:
        if recipient.recipient_id in desk.done:
            return Skip.ALREADY_SENT
        if recipient.recipient_id in desk.later:
            return Skip.LATER_DIGEST
        told = desk.told.get(recipient.recipient_id, {})
        gaps = [gap for gap in desk.gaps if gap.unit_code == recipient.unit_code or gap.gap_id in told]
        return compose(recipient, gaps, told, day, self.calendar) or Skip.NOTHING_NEW

    def _planned(self, desk: Desk, digest: Digest, local: datetime) -> Planned:
        recipient = digest.recipient
        outgoing = Outgoing(
            mail=self.renderer.render(digest, desk.unit(recipient.unit_code)),
            to=recipient.email,
            message_id=self.renderer.message_id(digest),
            dated=local,
            day=digest.day,
            unit_code=recipient.unit_code,
            recipient_id=recipient.recipient_id,
        )
        return Planned(digest, outgoing)


def _without_recipient(desk: Desk, day: date) -> Iterator[Skipped]:
    reached = {recipient.unit_code for recipient in desk.recipients if recipient.is_valid_on(day)}
    owing = {gap.unit_code for gap in desk.gaps if gap.is_open_on(day)}
    return (Skipped(Skip.NO_RECIPIENT, code) for code in sorted(owing - reached))


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
