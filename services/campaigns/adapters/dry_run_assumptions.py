"""What a dry run assumes to be registered, because the registry received it in its own dry run only."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.campaigns.application.queries import DraftDirectory
from services.campaigns.domain.draft import DraftSummary
from shared.bulk_import.row_parsing import Reason
from shared.bulk_import.sheet import Session
from shared.contracts.registry import MOST_POLICIES
from shared.contracts.vocabulary import Dataset
from shared.directory.folds import UnitsOn


@dataclass(frozen=True, slots=True)
class Assumed:
    """The directory, with the drafts (with any policy) and units that a dry run is asked to assume."""

    directory: DraftDirectory
    drafts: frozenset[str]
    units: frozenset[str]

    async def draft(self, draft_code: str) -> DraftSummary | None:
        draft = await self.directory.draft(draft_code)
        if draft_code not in self.drafts:
            return draft
        draft = draft or DraftSummary(draft_code, frozenset(), Dataset.LIVE, [(date.min, "")])
        return replace(draft, policies=frozenset(range(1, MOST_POLICIES + 1)))

    async def unit(self, unit_code: str) -> Dataset | None:
        registered = await self.directory.unit(unit_code)
        return registered or (Dataset.LIVE if unit_code in self.units else None)

    async def units_above(self, unit_codes: Collection[str], day: date) -> UnitsOn:
        """Give those that are registered: what is only assumed stands nowhere in the tree."""
        return await self.directory.units_above(unit_codes, day)

    async def units_carrying_on(self, unit_codes: Collection[str], day: date) -> UnitsOn:
        return await self.directory.units_carrying_on(unit_codes, day)

    async def area(self, unit_code: str, day: date) -> frozenset[str]:
        return await self.directory.area(unit_code, day)

    async def followers(self, unit_code: str, day: date) -> frozenset[str]:
        return await self.directory.followers(unit_code, day)

    async def planned(self, draft_code: str, activity_id: UUID) -> bool:  # noqa: ARG002  as the port has it
        """Leave it to the plan, which an import has loaded together with the row that names the activity."""
        return False

    async def unchecked(self, draft_code: str, policies: frozenset[int] = frozenset()) -> list[Reason]:
        """Warn of drafts or policies that exist by assumption only."""
        if draft_code not in self.drafts:
            return []
        draft = await self.directory.draft(draft_code)
        return [] if draft and draft.policies >= policies else [_taken_for_registered(draft_code)]


def assumed(session: Session, directory: DraftDirectory) -> Assumed:
    return Assumed(directory, session.assumed_drafts, session.assumed_units)


def _taken_for_registered(code: str) -> Reason:
    return Reason(
        column="draft_code",
        value=code,
        vi=f"chạy thử: dự thảo “{code}” hoặc chính sách được nêu chưa có trong hệ thống, tạm coi là đã đăng ký; "
        "số chính sách chưa được kiểm tra",
        en=f"dry run: the draft '{code}' or the policy named is not registered yet and is taken for registered; "
        "the policy numbers are not checked",
    )
