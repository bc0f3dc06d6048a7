"""The import sheet `recipients`: addresses go into the notifier's own table, never into the log."""

from dataclasses import dataclass
from typing import Any

from services.notifier.adapters.bodies import RecipientRow
from services.notifier.adapters.recipients import SqlRecipients
from services.notifier.application.commands import Commands
from shared.clock import NewId
from shared.envelope import Metadata
from shared.imports import Sheet, Taken

LISTED = "recipient listed"  # no event: what an outcome names for a row that changed something


@dataclass(frozen=True, slots=True)
class Rows:
    commands: Commands
    recipients: SqlRecipients
    new_id: NewId

    def sheets(self) -> dict[str, Sheet[Any]]:
        return {"recipients": Sheet(RecipientRow, lambda row: row.unit_code, self._recipient)}

    async def _recipient(self, row: RecipientRow, _metadata: Metadata) -> Taken:
        await self.commands.require_unit(row.unit_code)
        changed = await self.recipients.add(row.recipient(self.new_id()))
        return Taken(0, [LISTED] if changed else [])
