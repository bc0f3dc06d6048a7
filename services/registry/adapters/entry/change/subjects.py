"""What a form is about: the stage, exemption, policy, posting or request that its address names, and what that is in words.

Each raises the `Refusal` of what is not there.
"""

from uuid import UUID

from services.registry.adapters.entry.change.form import Number
from services.registry.adapters.entry.history_words import words_of, words_of_stage
from services.registry.domain.draft_commands import Entry
from services.registry.domain.draft_state import Draft, entry_with_id, exemption_number
from services.registry.domain.errors import (
    EntryNotRecorded,
    ExemptionNotFound,
    PolicyNotFound,
    PostingNotFound,
    RequestNotFound,
    RequestSettled,
)
from services.registry.domain.postings import Posting
from shared.contracts.registry import DraftCommunicationExempted, DraftPolicyAdded
from shared.eventstore.handle import History
from shared.kernel.errors import Text
from shared.rules.words.wording import REQUESTS, STAGES


def entry_named(history: History, number: Number | None) -> Entry:
    of = _id(number)
    if (entry := entry_with_id(history.events, of)) is None:
        raise EntryNotRecorded(of)
    return entry


def policy_named(draft: Draft, number: Number | None) -> DraftPolicyAdded:
    for policy in draft.policies:
        if policy.policy_no == number:
            return policy
    raise PolicyNotFound(number if isinstance(number, int) else 0)


def posting_named(draft: Draft, number: Number | None) -> Posting:
    for posting in draft.postings:
        if posting.opened.posting_id == number:
            return posting
    raise PostingNotFound(_id(number))


def stage(_: Draft, history: History, number: Number | None) -> Text:
    entry = entry_named(history, number)
    return words_of_stage(entry.stage, entry.entered_on, entry.precision)


def exemption_named(draft: Draft, number: Number | None) -> DraftCommunicationExempted:
    for each in draft.exemptions:
        if exemption_number(each) == number:
            return each
    raise ExemptionNotFound


def exemption(draft: Draft, _: History, number: Number | None) -> Text | None:
    return words_of(exemption_named(draft, number))


def policy(draft: Draft, _: History, number: Number | None) -> Text:
    return Text(f"Chính sách {number}. {policy_named(draft, number).title}", f"Policy {number}")


def posting(draft: Draft, _: History, number: Number | None) -> Text:
    opened = posting_named(draft, number).opened
    name = STAGES[opened.stage]
    return Text(
        f"Đăng tải: {name.vi}, từ ngày {opened.opened_on:%d/%m/%Y}",
        f"Posted: {name.en}, from {opened.opened_on:%d/%m/%Y}",
    )


def request(draft: Draft, _: History, number: Number | None) -> Text:
    """Name a request that waits; of one that was settled it says so (`RequestSettled`)."""
    of = _id(number)
    if (named := draft.request(of)) is None:
        raise RequestNotFound(of)
    if named.settled is not None:
        raise RequestSettled(named.settled.decision, named.settled.on)
    name, day = REQUESTS[named.raised.kind], named.raised.raised_on
    return Text(f"Đề nghị {name.vi}, gửi ngày {day:%d/%m/%Y}", f"A request for {name.en}, of {day:%d/%m/%Y}")


def _id(number: Number | None) -> UUID:
    return number if isinstance(number, UUID) else UUID(int=0)
