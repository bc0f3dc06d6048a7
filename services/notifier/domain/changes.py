"""Far-reaching changes, each told by mail to who was there before it: mailboxes, supervision, silences, the hold of all mail."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.notifier.domain.digest import Line
from services.notifier.domain.notification.timing import CHANGE
from services.notifier.domain.recipients.audience import Audience, Recipient, Tree, once_an_address
from shared.contracts.vocabulary import Dataset
from shared.kernel.local_day import day_in_vietnam

REPORTED = timedelta(days=5)  # after a change it is still mailed: mail may be on hold, or the log away


class ChangeKind(StrEnum):
    MAILBOXES = "mailboxes"
    SUPERVISION = "supervision"
    SUPERVISION_CANCELLED = "supervision_cancelled"
    SILENCE = "silence"
    SILENCE_LIFTED = "silence_lifted"
    SENDING_HELD = "sending_held"
    SENDING_RELEASED = "sending_released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. `unit_code` is the unit that it is about (None: the whole country), `by` the role and opaque id of who made it.

    `before`: of a changed list of mailboxes, those that were on it. `details` has no personal data.
    """

    change_id: str
    kind: ChangeKind
    at: datetime
    by: str
    unit_code: str | None = None
    before: tuple[UUID, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> date:
        return day_in_vietnam(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNotice:
    """Reports one change to one address, once."""

    recipient: Recipient
    day: date
    change: Change
    names: Mapping[str, str]
    kind: str = CHANGE
    lines: tuple[Line, ...] = field(default=(), init=False)
    datasets: frozenset[Dataset] = field(default=frozenset(), init=False)

    @property
    def key(self) -> str:
        return f"{CHANGE}.{self.change.change_id}.{self.recipient.recipient_id}"


def change_notices(
    changes: Iterable[Change], everyone: Collection[Recipient], audience: Audience, tree: Tree, day: date
) -> Iterator[ChangeNotice]:
    """Write to who was there before each change, also to a mailbox that was just taken off a list."""
    listed = {recipient.recipient_id: recipient for recipient in everyone}
    for change in changes:
        concerned = _concerned(change, listed, audience, tree)
        names = tree.names((change.unit_code, change.details.get("supervisor_code")))
        for recipient in once_an_address(concerned):
            yield ChangeNotice(recipient=recipient, day=day, change=change, names=names)


def _concerned(
    change: Change, listed: Mapping[UUID, Recipient], audience: Audience, tree: Tree
) -> Iterator[Recipient]:
    """Give the mailboxes of the list before; else those of the unit, and of who supervised it before."""
    if change.kind is ChangeKind.MAILBOXES:
        yield from (listed[each] for each in change.before if each in listed)
        return
    if change.unit_code is None:
        reach = audience.at_or_above(tree.justice_unit)
        yield from reach.recipients if reach else ()
        return
    yield from audience.on_duty(change.unit_code)
    for code in _supervisors_before(change, change.unit_code, tree):
        reach = audience.at_or_above(code)
        yield from reach.recipients if reach and reach.unit_code == code else ()


def _supervisors_before(change: Change, unit_code: str, tree: Tree) -> Iterator[str]:
    """Give who supervised the unit before a change of its supervision; before it was taken back, who had been set."""
    if change.kind not in {ChangeKind.SUPERVISION, ChangeKind.SUPERVISION_CANCELLED}:
        return
    before = change.details["on"] - timedelta(days=1)
    yield from tree.directory.supervisors_on(unit_code, before)
    if change.kind is ChangeKind.SUPERVISION_CANCELLED and (code := change.details["supervisor_code"]):
        yield code
