"""What a form is about, in words: the stage, exemption, policy, posting or request that its address names."""

from uuid import UUID

from services.registry.adapters.entry.change.form import Number
from services.registry.adapters.entry.history_words import words_of, words_of_stage
from services.registry.domain.draft_state import Draft, entry_with_id, exemption_number
from shared.eventstore.handle import History
from shared.kernel.errors import Text
from shared.rules.words.wording import REQUESTS, STAGES


def stage(_: Draft, history: History, number: Number | None) -> Text | None:
    entry = entry_with_id(history.events, number) if isinstance(number, UUID) else None
    return words_of_stage(entry.stage, entry.entered_on, entry.precision) if entry else None


def exemption(draft: Draft, _: History, number: Number | None) -> Text | None:
    return next((words_of(each) for each in draft.exemptions if exemption_number(each) == number), None)


def policy(draft: Draft, _: History, number: Number | None) -> Text | None:
    title = next((each.title for each in draft.policies if each.policy_no == number), None)
    return Text(f"Chính sách {number}. {title}", f"Policy {number}") if title else None


def posting(draft: Draft, _: History, number: Number | None) -> Text | None:
    opened = next((each.opened for each in draft.postings if each.opened.posting_id == number), None)
    if opened is None:
        return None
    name = STAGES[opened.stage]
    return Text(
        f"Đăng tải: {name.vi}, từ ngày {opened.opened_on:%d/%m/%Y}",
        f"Posted: {name.en}, from {opened.opened_on:%d/%m/%Y}",
    )


def request(draft: Draft, _: History, number: Number | None) -> Text | None:
    waiting = draft.request(number) if isinstance(number, UUID) else None
    if waiting is None:
        return None
    name, day = REQUESTS[waiting.raised.kind], waiting.raised.raised_on
    return Text(f"Đề nghị {name.vi}, gửi ngày {day:%d/%m/%Y}", f"A request for {name.en}, of {day:%d/%m/%Y}")
