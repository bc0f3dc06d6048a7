"""Makes one plan: what a desk asks for at a moment, and why other mails don't go."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.notifier.application.plan import Plan, Skipped, Unsaid
from services.notifier.application.ports import Desk, Notice
from services.notifier.domain.audience import Via
from services.notifier.domain.digest import (
    Digest,
    Line,
    cannot_wait,
    compose,
    compose_immediate,
    compose_renewed,
)
from services.notifier.domain.escalation import Step
from services.notifier.domain.gap import Gap
from services.notifier.domain.overview import monthly_summary, weekly_list
from services.notifier.domain.preference import SettingsNote, Turn, kept_back
from services.notifier.domain.reasons import Quiet, Reason, Skip, Told, reason_to_speak
from services.notifier.domain.recipient import Recipient
from services.notifier.domain.rounds import Kind, following, rounds_of
from services.notifier.domain.situation import Situation
from shared.contracts.vocabulary import OptionalMail, Weekday
from shared.rules.working_days import Calendar


class Planner:
    """One plan: what a desk asks for at a moment (Vietnam's time); `chosen` are the days of the week whose turn it is."""

    def __init__(
        self,
        calendar: Calendar,
        steps: Sequence[Step],
        desk: Desk,
        local: datetime,
        kinds: frozenset[Kind],
        chosen: frozenset[Weekday],
    ) -> None:
        self._calendar = calendar
        self._desk = desk
        self._local = local
        self._day = local.date()
        self._kinds = kinds
        self._chosen = chosen
        self._periods = {one.kind: one.period for one in rounds_of(self._day)}
        self._situation = Situation(
            day=self._day,
            gaps=desk.gaps,
            matters=desk.matters,
            recipients=desk.recipients,
            tree=desk.tree,
            steps=steps,
            calendar=calendar,
        )

    def plan(self) -> Plan:
        skipped = list(self.without_recipient())
        lists = list(self._wanted([*self._weekly(), *self._monthly()], skipped))
        told = _with_lists(self._desk.told, lists)
        digests: list[Digest] = []
        for recipient in self._valid():
            found = self._digest(recipient, told.get(recipient.recipient_id, {}))
            if isinstance(found, Digest):
                digests.append(found)
            else:
                skipped.append(Skipped(found, recipient.unit_code, recipient))
        notices: list[Notice] = [*digests, *self._immediate(digests), *lists]
        return Plan(
            self._local,
            notices,
            self._desk.tree,
            skipped,
            list(self._unsaid()),
            self._kinds,
            list(self._situation.escalations()),
            list(self._situation.silenced()),
        )

    def renewed(self, recipient_id: UUID, gap_id: UUID) -> Digest | None:
        for recipient in self._valid():
            if recipient.recipient_id == recipient_id:
                for entry in self._situation.entries(recipient, {}):
                    if entry.gap.gap_id == gap_id and not entry.above:
                        mail = compose_renewed(recipient, entry, self._day, self._calendar)
                        return self._named(mail)
        return None

    def settings(self, recipient_id: UUID) -> SettingsNote | None:
        for recipient in self._valid():
            if recipient.recipient_id == recipient_id:
                chosen = self._desk.preference(recipient)
                return SettingsNote(recipient=recipient, day=self._day, chosen=chosen)
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
        digest = compose(recipient, entries, told, self._day, self._calendar)
        if digest is None:
            return Skip.NOTHING_NEW
        wanted = self._desk.preference(recipient)
        return kept_back(digest, wanted, self._turn(wanted.digest_day)) or self._named(digest)

    def _turn(self, chosen: Weekday | None) -> Turn | None:
        if chosen is None:
            return None
        return Turn(chosen in self._chosen, following(chosen, self._day, self._calendar))

    def _named(self, digest: Digest) -> Digest:
        codes = {line.gap.unit_code for line in digest.lines}
        return replace(digest, unit_names={code: self._desk.tree.unit(code).name for code in codes})

    def _immediate(self, digests: Sequence[Digest]) -> Iterator[Digest]:
        """Write at once of what can't wait for a digest, to those whom none goes to now."""
        served = {digest.recipient.recipient_id for digest in digests}
        for gap in self._situation.open_gaps():
            if cannot_wait(gap, self._local, self._calendar) and self._is_news(gap):
                for recipient, stand_in in self._untold(gap, served):
                    entry = replace(self._situation.entry(gap), stand_in=stand_in)
                    mail = compose_immediate(recipient, entry, self._day, self._calendar)
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
        return reason_to_speak(gap, None, matter, self._day, self._calendar)

    def _wanted(self, lists: Sequence[Notice], skipped: list[Skipped]) -> Iterator[Notice]:
        """Leave out what its recipient has ended: what climbed then stands in the digest, as on any other day."""
        for notice in lists:
            recipient, kind = notice.recipient, OptionalMail(notice.kind)
            if self._desk.preference(recipient).wants(kind):
                yield notice
            else:
                skipped.append(Skipped(Skip.UNSUBSCRIBED, recipient.unit_code, recipient, kind))

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
        for one in self._desk.pending:
            yield Unsaid(one.unit_code, one.draft_code, Quiet.ALERT_PENDING)
        for gap in self._situation.open_gaps():
            if isinstance(reason := self._first_word(gap), Quiet):
                yield Unsaid(gap.unit_code, gap.draft_code, reason)


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
