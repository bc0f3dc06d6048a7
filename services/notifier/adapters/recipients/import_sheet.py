"""The import sheet `recipients`: addresses go into the notifier's own table, never into the log."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Protocol

from services.notifier.adapters.recipients.bodies import RecipientRow
from services.notifier.adapters.recipients.store import ImportedChanges, SqlRecipients
from services.notifier.application.commands import Commands
from services.notifier.domain.recipients.audience import Recipient
from shared.bulk_import.row_parsing import Reason
from shared.bulk_import.sheet import Session, Sheet, Taken
from shared.contracts.envelope import AggregateRef, Metadata
from shared.contracts.event import unit_id
from shared.kernel.runtime import Clock, NewId

LISTED = "recipient listed"  # no event: what an outcome names for a row that changed something


class Recipients(Protocol):
    async def add(self, recipient: Recipient, changes: ImportedChanges, now: datetime, by: str) -> bool:
        """Put one on the list; False if it stands there exactly so."""
        ...


@dataclass(frozen=True, slots=True)
class UnwrittenRecipients:
    """The list of a dry run: what the table has, overlaid with the rows of this request."""

    listed: SqlRecipients
    _added: dict[tuple[str, str], Recipient | None] = field(default_factory=dict)

    async def add(self, recipient: Recipient, changes: ImportedChanges, now: datetime, by: str) -> bool:  # noqa: ARG002  nothing is told of a dry run
        key = recipient.unit_code, recipient.email
        if key not in self._added:
            of_unit = await self.listed.of_unit(recipient.unit_code, date.min)
            self._added[key] = next(
                (recipient_row for recipient_row in of_unit if recipient_row.email == recipient.email), None
            )
        before, self._added[key] = self._added[key], recipient
        return before is None or replace(before, recipient_id=recipient.recipient_id) != recipient


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
