"""The history of a draft has a sentence for every event that a draft can have."""

from typing import get_args

from services.registry.adapters.entry.history_words import _WORDS, AMENDABLE, words_of
from shared.contracts.registry import DraftAmended, DraftEvent, DraftScopeAssessed
from shared.contracts.vocabulary import Answer, Clearable, Instrument, ScopeBasis
from shared.directory.folds import AMENDABLE_OF_DRAFT
from shared.kernel.errors import Text
from shared.rules.words.wording import INSTRUMENTS


def test_no_event_is_without_words() -> None:
    assert set(_WORDS) == set(get_args(DraftEvent))


def test_an_assessment_names_the_answers_that_are_certain() -> None:
    assessed = DraftScopeAssessed(
        requires_proposal=Answer.YES,
        contested=Answer.NO,
        in_scope=Answer.YES,
        scope_basis=ScopeBasis.LOCAL_PLAN,
    )
    assert words_of(assessed) == Text(
        "Đánh giá phạm vi theo bốn tiêu chí (tiêu chí 1: có; tiêu chí 3: không; kết luận: thuộc phạm vi theo Kế hoạch của địa phương)",
        "Scope assessed (criterion 1: yes; criterion 3: no; concluded: in scope by Local plan)",
    )
    assert words_of(DraftScopeAssessed()) == Text("Đánh giá phạm vi theo bốn tiêu chí", "Scope assessed")


def test_an_amendment_names_what_was_put_right() -> None:
    amended = DraftAmended(
        instrument=Instrument.DECREE,
        final_number="12/2026/NĐ-CP",
        cleared=(Clearable.OUTCOME,),
        reason="Ghi nhầm",
    )
    vi = f"hình thức văn bản: {INSTRUMENTS[Instrument.DECREE].vi}; số, ký hiệu văn bản: 12/2026/NĐ-CP; kết quả: để trống"
    words = words_of(amended)
    assert words is not None
    assert words.vi == f"Đính chính dự thảo ({vi}): Ghi nhầm"


def test_every_field_that_is_amended_has_a_name() -> None:
    assert AMENDABLE.keys() == set(AMENDABLE_OF_DRAFT)
