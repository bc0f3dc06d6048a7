"""What the approval of a request would record, in words: it is rehearsed, so it is what the approval then does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.adapters.entry.consequences import duties_of
from services.registry.adapters.entry.context import Entry
from services.registry.adapters.entry.history_words import transferred, words_of
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft as decider
from services.registry.domain.draft_state import Draft, State, exemption_number
from services.registry.domain.errors import RequestIncomplete
from shared.contracts import registry as events
from shared.contracts.envelope import Metadata
from shared.contracts.event import Acting
from shared.contracts.vocabulary import RequestDecision
from shared.eventstore.handle import Handled
from shared.kernel.errors import Refusal, Text

NameOf = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Approval:
    """`effects`: a sentence for each event; none where the decider first has to add something (the unit of a transfer).

    `due_now` and `due_then`: what is due in the stage of today, and what would be; empty if that does not change.
    `problem`: why it can't be approved as it stands.
    """

    title: str = ""
    effects: Sequence[Text] = ()
    due_now: Sequence[Text] = ()
    due_then: Sequence[Text] = ()
    problem: Text | None = None


async def approval_of(entry: Entry, row: Mapping[str, Any], by: Acting, metadata: Metadata) -> Approval:
    """Rehearse the approval of a request that waits; nothing is written."""
    command = drafts.DecideRequest(
        request_id=row["request_id"],
        decision=RequestDecision.APPROVED,
        by=by,
        today=entry.commands.today,
    )
    try:
        handled = await entry.rehearsed.decide_request(row["draft_code"], command, {}, metadata)
    except RequestIncomplete:
        return Approval(title=await _title(entry, row["draft_code"]))
    except Refusal as refusal:
        return Approval(title=await _title(entry, row["draft_code"]), problem=refusal.message)
    return await _approved(handled, entry)


async def _title(entry: Entry, draft_code: str) -> str:
    draft, _ = await entry.commands.draft_with_history(draft_code)
    return draft.title


async def _approved(handled: Handled[State], entry: Entry) -> Approval:
    before = handled.before.state(decider)
    if not isinstance(before, Draft):
        return Approval()
    recorded = [each.data for each in handled.events if not isinstance(each.data, events.DraftRequestDecided)]
    words = [await _words(before, event, entry.unit) for event in recorded]
    due_now, due_then = duties_of(before, handled, entry.commands)
    return Approval(before.title, [each for each in words if each is not None], due_now, due_then)


async def _words(before: Draft, event: Any, name_of: NameOf) -> Text | None:
    """Say what an event does, with what it is about by name: the history of the draft shows that beside it."""
    match event:
        case events.DraftExemptionCancelled(exemption_id=number):
            return _no_longer(next((e for e in before.exemptions if exemption_number(e) == number), None))
        case events.DraftPolicyRemoved(policy_no=number) if (policy := before.policy(number)) is not None:
            return Text(f"Bỏ chính sách {number}: {policy.title}", f"Policy {number} is removed")
        case events.DraftTransferred():
            return transferred(event, await name_of(event.to_unit_code))
        case _:
            return words_of(event)


def _no_longer(exemption: events.DraftCommunicationExempted | None) -> Text | None:
    words = words_of(exemption)
    if words is None:
        return None
    return Text(f"Hủy nội dung đã ghi: {words.vi}", f"Taken back: {words.en}")
