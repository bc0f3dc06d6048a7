"""The summary of a draft of the registry, and who may act on what belongs to it."""

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from services.campaigns.domain.errors import NotYourDraft
from shared.contracts.event import About, Acting
from shared.contracts.vocabulary import Dataset
from shared.rules.sequence import LeadUnits, unit_on


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """`leads` in the order of their days; the latest by day holds, and a coming one doesn't hold yet."""

    draft_code: str
    policies: frozenset[int]
    dataset: Dataset
    leads: LeadUnits

    def lead_on(self, day: date) -> str:
        return unit_on(self.leads, day)

    def about(self, day: date) -> About:
        """Give what the envelope of an event that is recorded on a day names of the draft."""
        return About(draft_code=self.draft_code, unit_code=self.lead_on(day), dataset=self.dataset)

    def dataset_of(self, stated: Dataset) -> Dataset:
        """Give the data set of what belongs to the draft: the draft's, unless a file states that it is no live data."""
        return self.dataset if stated is Dataset.LIVE else stated

    def other_than_lead(self, unit_code: str | None, day: date) -> str | None:
        """Give a performing unit if it is not the lead unit of the day."""
        return None if unit_code == self.lead_on(day) else unit_code

    def is_led_by(self, by: Acting, day: date) -> bool:
        """Tell whether someone acts for the lead unit of a day, or supervises."""
        return by.may_act_for(self.lead_on(day))

    def check(self, by: Acting, day: date) -> None:
        """Refuse a unit that does not lead the draft on a day, the day of the command (`NotYourDraft`)."""
        if not self.is_led_by(by, day):
            raise NotYourDraft(self.draft_code, self.lead_on(day))


class Given(TypedDict):
    """What every command about a draft has in addition to its own fields."""

    by: Acting
    today: date
    draft: DraftSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDraft:
    """`by` is for whom the command is given, `today` the day of recording in Vietnam, `draft` what it is about."""

    by: Acting
    today: date
    draft: DraftSummary

    def check_acting(self) -> None:
        """Refuse a unit that does not lead the draft on the day of the command."""
        self.draft.check(self.by, self.today)
