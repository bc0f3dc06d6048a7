"""The form of the figures offers the data sets of an installation that has several."""

import re

import pytest

from shared.contracts.vocabulary import Dataset
from tests.unit.metrics.made_up import ON_THE_DAY, MadeUp, page

LIVE, SAMPLE, EXERCISE = Dataset.LIVE, Dataset.SAMPLE, Dataset.EXERCISE


async def offered(made_up: MadeUp, query: str = "", language: str = "vi") -> list[tuple[str, str, bool]]:
    text = (await page(f"/?{ON_THE_DAY}{query}", made_up, language=language)).text
    field = re.search(r'<select id="dataset".*?</select>', text)
    options = re.findall(r'<option value="(\w*)"( selected)?>([^<]*)', field[0]) if field else []
    return [(value, label, bool(selected)) for value, selected, label in options]


@pytest.mark.parametrize("present", [frozenset(), {LIVE}, {SAMPLE}])
async def test_one_data_set_is_no_choice(present: frozenset[Dataset]) -> None:
    assert await offered(MadeUp(present=frozenset(present))) == []


async def test_live_data_come_first_and_others_are_named() -> None:
    several = MadeUp(present=frozenset(Dataset))
    assert await offered(several) == [
        ("", "Dữ liệu thật", False),
        ("sample", "Dữ liệu mẫu", False),
        ("exercise", "Dữ liệu thực tập", False),
    ]
    chosen = await offered(several, "&dataset=exercise&lang=en", language="en")
    assert [(label, selected) for _, label, selected in chosen] == [
        ("Live data", False),
        ("Sample data", False),
        ("Exercise data", True),
    ]


async def test_without_live_data_all_are_together_until_one_is_named() -> None:
    shown = await offered(MadeUp(present=frozenset({SAMPLE, EXERCISE})), "&dataset=sample")
    assert [(value, selected) for value, _, selected in shown] == [
        ("", False),
        ("sample", True),
        ("exercise", False),
    ]


async def test_the_form_keeps_what_an_address_named_where_it_offers_nothing() -> None:
    text = (await page(f"/?{ON_THE_DAY}&dataset=sample", MadeUp(present=frozenset({SAMPLE})))).text
    assert '<input type="hidden" name="dataset" value="sample">' in text
