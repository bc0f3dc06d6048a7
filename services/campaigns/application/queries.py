"""What can be asked of campaigns' read model."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class KnownDraft:
    """What campaigns knows of a draft of the registry."""

    draft_code: str
    lead_unit_code: str
    policies: frozenset[int]


class KnownDrafts(Protocol):
    async def draft(self, draft_code: str) -> KnownDraft | None:
        """Return what the log has said of a draft so far, None if nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationFilter:
    draft_code: str
    include_retracted: bool = False


class ReadModel(KnownDrafts, Protocol):
    async def communications(
        self, wanted: CommunicationFilter, limit: int, after: str | None
    ) -> list[dict[str, Any]]:
        """List by day; `cursor` of a row is what to pass as `after` for those that follow it."""
        ...
