"""The import sheet `recipients`: addresses go into the notifier's own table, never into the log."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from services.notifier.adapters.recipients.bodies import RecipientRow
from services.notifier.adapters.recipients.store import IMPORTED, ImportedChanges, SqlRecipients
from services.notifier.application.commands import Commands
from services.notifier.domain.recipients.audience import Recipient
from services.notifier.domain.recipients.naming import Namer, check_entry
from shared.bulk_import.row_parsing import Reason
from shared.bulk_import.sheet import Session, Sheet, Taken
from shared.contracts.envelope import AggregateRef, Metadata
from shared.contracts.event import unit_id
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock, NewId

LISTED = "recipient listed"  # no event: what an outcome names for a row that changed something


class Recipients(Protocol):
    async def add(self, recipient: Recipient, changes: ImportedChanges, now: datetime, by: str) -> bool:
        """Put one on the list; False if it stands there exactly so."""
        ...


@dataclass(frozen=True, slots=True)
class UnwrittenRecipients:
    """The lists of a dry run: what the table has, overlaid with the rows of this request, by the same rules."""

    stored: SqlRecipients
    _lists: dict[str, list[Recipient]] = field(default_factory=dict)

    async def add(self, recipient: Recipient, changes: ImportedChanges, now: datetime, by: str) -> bool:  # noqa: ARG002  nothing is told of a dry run
        unit = recipient.unit_code
        if unit not in self._lists:
            self._lists[unit] = await self.stored.of_unit(unit, date.min)
        listed = self._lists[unit]
        check_entry(listed, recipient, Namer(by), day_in_vietnam(now))
        before = next((each for each in listed if each.email == recipient.email), None)
        self._lists[unit] = [*(each for each in listed if each is not before), recipient]
        return before is None or _imported(before) != _imported(recipient)


def _imported(recipient: Recipient) -> list[Any]:
    return [getattr(recipient, name) for name in IMPORTED]


@dataclass(frozen=True, slots=True)
class Rows:
    commands: Commands
    recipients: Recipients
    new_id: NewId
    now: Clock
    assumed_units: frozenset[str] = frozenset()
    changes: ImportedChanges = field(default_factory=ImportedChanges)

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {"recipients": Sheet(RecipientRow, _about, self._recipient)}

    async def _recipient(self, row: RecipientRow, metadata: Metadata) -> Taken:
        warnings = []
        if row.unit_code in self.assumed_units:
            warnings = [_assumed(row.unit_code)]
        else:
            await self.commands.require_unit(row.unit_code)
        recipient = row.recipient(self.new_id())
        changed = await self.recipients.add(recipient, self.changes, self.now(), metadata.actor)
        return Taken(0, [LISTED] if changed else [], warnings)


def rows(session: Session, recipients: SqlRecipients, new_id: NewId, now: Clock) -> Rows:
    listed = UnwrittenRecipients(recipients) if session.dry_run else recipients
    return Rows(Commands(session.store), listed, new_id, now, session.assumed_units)


def _about(row: RecipientRow) -> list[AggregateRef]:
    return [AggregateRef("unit", unit_id(row.unit_code))]


def _assumed(code: str) -> Reason:
    return Reason(
        column="unit_code",
        value=code,
        vi=f"chạy thử: đơn vị “{code}” được tạm coi là đã đăng ký, chưa được kiểm tra",
        en=f"dry run: the unit '{code}' is taken for registered and not checked",
    )
