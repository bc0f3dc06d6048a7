"""What a dry run takes for registered, because the registry has only heard of it in its own dry run."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.campaigns.application.queries import DraftDirectory
from services.campaigns.domain.draft import DraftSummary
from shared.bulk_import.row_parsing import Reason
from shared.bulk_import.sheet import Session
from shared.contracts.registry import MOST_POLICIES
from shared.contracts.vocabulary import Dataset


@dataclass(frozen=True, slots=True)
class Assumed:
    """Drafts (with any policy) and units that are known, and those that a dry run is told to assume."""

    known: DraftDirectory
    drafts: frozenset[str]
    units: frozenset[str]

    async def draft(self, draft_code: str) -> DraftSummary | None:
        found = await self.known.draft(draft_code)
        if draft_code not in self.drafts:
            return found
        known = found or DraftSummary(draft_code, frozenset(), Dataset.LIVE, [(date.min, "")])
        return replace(known, policies=frozenset(range(1, MOST_POLICIES + 1)))

    async def unit(self, unit_code: str) -> bool:
        return unit_code in self.units or await self.known.unit(unit_code)

    async def planned(self, draft_code: str, activity_id: UUID) -> bool:  # noqa: ARG002  as the port has it
        """Leave it to the plan, which an import has loaded together with the row that names the activity."""
        return False

    async def unchecked(self, draft_code: str, policies: frozenset[int] = frozenset()) -> list[Reason]:
        """Warn of what a row names that only the assumption makes known."""
        if draft_code not in self.drafts:
            return []
        found = await self.known.draft(draft_code)
        return [] if found and found.policies >= policies else [_taken_for_registered(draft_code)]


def assumed(session: Session, known: DraftDirectory) -> Assumed:
    return Assumed(known, session.assumed_drafts, session.assumed_units)


def _taken_for_registered(code: str) -> Reason:
    return Reason(
        column="draft_code",
        value=code,
        vi=f"chạy thử: dự thảo “{code}” hoặc chính sách được nêu chưa có trong hệ thống, tạm coi là đã đăng ký; "
        "số chính sách chưa được kiểm tra",
        en=f"dry run: the draft '{code}' or the policy named is not registered yet and is taken for registered; "
        "the policy numbers are not checked",
    )
