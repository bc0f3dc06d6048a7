"""The questions about the scope of Decision 407/QĐ-TTg on forms: when a draft is registered, and when it is assessed again."""

from typing import Any
from uuid import UUID

from services.registry.adapters.entry.change.form import Field
from services.registry.domain.draft_state import Draft
from shared.contracts.vocabulary import Answer, ScopeBasis
from shared.eventstore.handle import History
from shared.kernel.errors import Text
from shared.pages.forms import Fields
from shared.rules.words.decision_407 import ANSWERS, CRITERIA
from shared.rules.words.wording import SCOPE_BASES

_QUESTIONS = {
    "requires_proposal": Text("Tiêu chí 1: phải lập đề nghị xây dựng", "Criterion 1: a proposal is required"),
    "affects_rights": Text(
        "Tiêu chí 2: tác động đến quyền, nghĩa vụ", "Criterion 2: it affects rights or duties"
    ),
    "contested": Text(
        "Tiêu chí 3: khó, nhạy cảm, được quan tâm", "Criterion 3: difficult, sensitive, contested"
    ),
    "wide_impact": Text("Tiêu chí 4: phạm vi tác động rộng", "Criterion 4: wide effect"),
}
QUESTIONS = tuple(
    Field(name, _QUESTIONS[name], "choice", sentence.vi, ANSWERS, Answer.UNKNOWN)
    for name, sentence in CRITERIA.items()
)
STATE_SECRET = Field(
    "state_secret",
    Text("Nội dung thuộc bí mật nhà nước", "State secret"),
    "ticks",
    options={"yes": Text("Dự thảo có nội dung thuộc bí mật nhà nước", "The draft holds state secrets")},
)
BY_CRITERIA = "criteria"
DECISION = Field(
    "decision",
    Text("Kết luận về phạm vi", "Conclusion on the scope"),
    "choice",
    "Chỉ chọn kết luận khác khi đã có văn bản, kế hoạch xác định",
    {
        BY_CRITERIA: Text("Theo bốn tiêu chí trên", "By the four criteria"),
        **{
            basis: Text(f"Thuộc phạm vi theo {name.vi}", f"In scope by {name.en}")
            for basis, name in SCOPE_BASES.items()
        },
        Answer.NO: Text("Không thuộc phạm vi", "Out of scope"),
    },
    BY_CRITERIA,
)


SCOPE_FIELDS = (QUESTIONS[0], STATE_SECRET, *QUESTIONS[1:], DECISION)


def read_answers(form: Fields) -> dict[str, Any]:
    """Read the answers about the scope, of the form of registration too."""
    names = (*CRITERIA, "state_secret")
    values: dict[str, Any] = {name: form.one_of(name, Answer, required=False) for name in names}
    decision = form.text(DECISION.name)
    if decision in set(ScopeBasis):
        values |= {"in_scope": Answer.YES, "scope_basis": ScopeBasis(decision)}
    elif decision == Answer.NO:
        values |= {"in_scope": Answer.NO}
    return values


def scope_now(draft: Draft, _history: History, _: UUID | int | str | None) -> dict[str, list[str]]:
    """Fill the fields with the present assessment."""
    scope = draft.scope
    if scope is None:
        return {name: [Answer.UNKNOWN] for name in CRITERIA}
    decided = {
        Answer.YES: scope.scope_basis or ScopeBasis.NATIONAL_407,
        Answer.NO: Answer.NO,
        Answer.UNKNOWN: BY_CRITERIA,
    }
    return {
        **{name: [getattr(scope, name)] for name in CRITERIA},
        "state_secret": ["yes"] if scope.state_secret is Answer.YES else [],
        DECISION.name: [decided[scope.in_scope]],
    }
