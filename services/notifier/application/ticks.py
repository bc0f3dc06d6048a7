"""The tick: at a moment, queue and send what is due; for a day that has passed, only show it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notifier.application.alert_publisher import ACTOR
from services.notifier.application.pipeline import Pipeline
from services.notifier.application.plan import Brief, Plan, Skipped, Written
from services.notifier.application.ports import Ledger, MailRuns, Notice, Outcome, Simulation
from services.notifier.application.sender import Sender
from services.notifier.domain.errors import ClockNotTrusted, NotNow
from services.notifier.domain.notification.notification_case import DeliveryCase
from services.notifier.domain.notification.office_hours import next_digest
from services.notifier.domain.notification.reasons import Reason, decide_notification
from shared.contracts.envelope import Metadata
from shared.kernel.clock import Clock, day_in_vietnam
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.rules.rulebook.working_days import Calendar

PART = 200  # mails that are queued together


@dataclass(frozen=True, slots=True)
class Sent:
    mail: Brief
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Ticked:
    plan: Plan
    sent: Sequence[Sent]
    skipped: Sequence[Skipped]
    simulated: bool
    message: Text


@dataclass(frozen=True, slots=True)
class Ticks:
    pipeline: Pipeline
    ledger: Ledger
    sender: Sender
    runs: MailRuns
    simulation: Simulation
    now: Clock

    async def tick(self, at: datetime, correlation_id: str) -> Ticked:
        """Send the digests of a moment. Of a day before today nothing is sent and nothing is kept."""
        if problem := await self.sender.clocks.problem():
            raise ClockNotTrusted(problem)
        now = self.now()
        if at > now and not self.sender.transport.is_local:
            raise NotNow(at)
        if day_in_vietnam(at) < day_in_vietnam(now):
            return await self._simulate(await self.pipeline.plan(at, now))
        if (await self.sender.sending.state()).held:
            return self._hold(await self.pipeline.plan(at, now))
        return await self._send(at, now, correlation_id, None)

    async def wake(self, correlation_id: str) -> Ticked | None:
        """Make the mail runs that are due, each once; otherwise only deliver queued mails."""
        if not await self.sender.trusts_clock():
            return None
        now = self.now()
        kinds = await self.pipeline.wanted(now)
        if (await self.sender.sending.state()).held:
            return None
        if kinds is None:
            await self.sender.run_once()
            return None
        return await self._send(now, now, correlation_id, kinds)

    async def _send(
        self, at: datetime, now: datetime, correlation_id: str, kinds: frozenset[str] | None
    ) -> Ticked:
        await self.sender.run_once()  # queued mails first: their outcome decides what counts as notified
        plan = await self.pipeline.plan(at, now, kinds)
        fresh = await self._queue(plan, correlation_id, now)
        await self.sender.run_once()
        metadata = Metadata(time=now, actor=ACTOR, correlation_id=correlation_id)
        await self.sender.publisher.note([*plan.escalations, *plan.silenced], metadata)
        if plan.day == day_in_vietnam(now):
            made = [run.key for run in self.pipeline.kinds.runs_of(plan.day) if run.kind in plan.kinds]
            await self.runs.close(made, now)
        return await self._report(plan, fresh)

    async def _queue(self, plan: Plan, correlation_id: str, now: datetime) -> list[Brief]:
        """Write and queue the mails part by part, while those of the parts before go out; returns those that were free."""
        fresh: list[Brief] = []
        part: list[Written] = []
        queued: asyncio.Queue[bool] = asyncio.Queue()
        sending = asyncio.create_task(self._send_parts(queued))
        try:
            async for written in self.pipeline.mails(plan):
                part.append(written)
                if len(part) == PART:
                    fresh += await self._enqueue(part, correlation_id, now)
                    part = []
                    queued.put_nowait(True)
            fresh += await self._enqueue(part, correlation_id, now)
        except asyncio.CancelledError:
            sending.cancel()
            raise
        finally:
            queued.put_nowait(False)
            await sending  # a mail that is under way is never left in the middle
        return fresh

    async def _send_parts(self, queued: asyncio.Queue[bool]) -> None:
        """Deliver after each queued part, until there are no more parts or a delivery run is interrupted."""
        while await queued.get() and await self.sender.begin():
            pass

    async def _enqueue(self, part: Sequence[Written], correlation_id: str, now: datetime) -> list[Brief]:
        mails = [(written.notice, written.outgoing) for written in part]
        keys = await self.ledger.enqueue(mails, correlation_id, now)
        return [written.brief for written in part if written.notice.key in keys]

    async def _simulate(self, plan: Plan) -> Ticked:
        shown = [
            _skipped(mail.notice, DeliveryCase(simulated=True), str(self.simulation.write(mail.outgoing)))
            async for mail in self.pipeline.mails(plan)
        ]
        skipped = (*plan.skipped, *shown)
        day, number = plan.day, len(plan.notices)
        message = Text(
            f"Ngày {day:%d/%m/%Y} đã qua: kết xuất {number} thư để xem, không gửi thư nào.",
            f"{day:%d/%m/%Y} has passed: {counted(number, 'mail')} rendered to be looked at, none sent.",
        )
        return Ticked(plan, (), skipped, simulated=True, message=self._or_quiet(plan, message))

    def _hold(self, plan: Plan) -> Ticked:
        """Nothing is queued: what is due will still be due when the hold is released."""
        skipped = (*plan.skipped, *(_skipped(notice, DeliveryCase(held=True)) for notice in plan.notices))
        held = len(plan.notices)
        message = Text(
            f"Việc gửi thư đang được giữ lại: {len(plan.notices)} thư của ngày {plan.day:%d/%m/%Y} chưa gửi. "
            "Đề nghị xem trước bằng `loa preview`, rồi cho gửi bằng `loa release`.",
            f"All sending is held: {counted(held, 'mail')} of {plan.day:%d/%m/%Y} {agreeing(held, 'does', 'do')} not go out. "
            "See `loa preview`, then let mail go with `loa release`.",
        )
        return Ticked(plan, (), skipped, simulated=False, message=self._or_quiet(plan, message))

    async def _report(self, plan: Plan, fresh: Sequence[Brief]) -> Ticked:
        outcomes = await self.ledger.states([mail.notice.key for mail in fresh])
        ended = [(mail, outcomes[mail.notice.key]) for mail in fresh]
        sent = [Sent(mail, outcome.delivery.get("file")) for mail, outcome in ended if _is_sent(outcome)]
        elsewhere = [
            _skipped(notice, DeliveryCase()) for notice in plan.notices if notice.key not in outcomes
        ]
        undelivered = [
            _skipped(mail.notice, DeliveryCase(state=outcome.state), outcome.delivery.get("detail"))
            for mail, outcome in ended
            if not _is_sent(outcome)
        ]
        skipped = (*plan.skipped, *elsewhere, *undelivered)
        message = Text(
            f"Ngày {plan.day:%d/%m/%Y}: đã gửi {len(sent)} thư.",
            f"{plan.day:%d/%m/%Y}: {counted(len(sent), 'mail')} sent.",
        )
        return Ticked(plan, sent, skipped, simulated=False, message=self._or_quiet(plan, message))

    def _or_quiet(self, plan: Plan, message: Text) -> Text:
        return quiet(plan, next_digest(plan.at, self.pipeline.calendar)) if plan.muted else message


def announcement(plan: Plan, calendar: Calendar) -> Text:
    """Say in a sentence what a moment would bring, or why it brings nothing."""
    if plan.muted:
        return quiet(plan, next_digest(plan.at, calendar))
    number = len(plan.notices)
    return Text(
        f"Ngày {plan.day:%d/%m/%Y}: sẽ có {number} thư; chưa gửi thư nào.",
        f"{plan.day:%d/%m/%Y}: {counted(number, 'mail')} would go out; none was sent.",
    )


def quiet(plan: Plan, following: datetime) -> Text:
    """Say that no mail goes out at this moment, and when the next one does."""
    why = plan.skipped[0].reason
    vi, en = {
        Reason.NOT_A_WORKING_DAY: (
            f"Ngày {plan.day:%d/%m/%Y} không phải là ngày làm việc nên không gửi thư.",
            f"{plan.day:%d/%m/%Y} is no working day, so no mail goes out.",
        ),
        Reason.BEFORE_HOUR: (
            "Chưa đến 08 giờ nên chưa gửi thư.",
            "It is before 08:00, so no mail goes out yet.",
        ),
    }[why]
    return Text(
        f"{vi} Thư tổng hợp tiếp theo được gửi từ 08 giờ 00 ngày {following:%d/%m/%Y}.",
        f"{en} The next digest goes out from 08:00 on {following:%d/%m/%Y} (Asia/Ho_Chi_Minh).",
    )


def _skipped(notice: Notice, case: DeliveryCase, detail: str | None = None) -> Skipped:
    return Skipped(decide_notification(case), notice.recipient.unit_code, notice.recipient, detail)


def _is_sent(outcome: Outcome) -> bool:
    return decide_notification(DeliveryCase(state=outcome.state)).is_news
