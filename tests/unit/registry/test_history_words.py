"""The history of a draft has a sentence for every event that a draft can have."""

from typing import get_args

from services.registry.adapters.entry.history_words import _WORDS
from shared.contracts.registry import DraftEvent


def test_no_event_is_without_words() -> None:
    assert set(_WORDS) == set(get_args(DraftEvent))
