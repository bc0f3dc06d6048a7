"""Fields of a form: what is read, what is refused in which words, and that nothing typed is lost."""

from datetime import date
from typing import Any

import pytest

from shared.contracts.vocabulary import Channel
from shared.kernel.errors import Text
from shared.pages import forms
from shared.pages.forms import Fields

MARCH = date(2026, 3, 5)


def given(sent: str) -> Fields:
    return Fields({"x": [sent]})


@pytest.mark.parametrize("sent", ["2026-03-05", "05/03/2026", "5/3/2026", "05-03-2026", " 05.03.2026 "])
def test_a_day_as_browsers_send_it_or_people_write_it(sent: str) -> None:
    form = given(sent)
    assert (form.day("x"), form.errors) == (MARCH, {})


def read(form: Fields, kind: str) -> Any:
    match kind:
        case "day":
            return form.day("x", earliest=date(2026, 3, 1), latest=date(2026, 3, 31))
        case "words":
            return form.words("x", 6)
        case "choice":
            return form.one_of("x", Channel)
        case "count":
            return form.count("x", 1000)
        case _:
            return form.address("x", 50)


@pytest.mark.parametrize(
    ("kind", "sent", "why"),
    [
        ("day", "", forms.MISSING),
        ("day", "30/02/2026", forms.NOT_A_DAY),
        ("day", "2026", forms.NOT_A_DAY),
        ("day", "28/02/2026", Text("Ngày này phải từ 01/03/2026 trở đi.", "Not before 2026-03-01.")),
        ("day", "01/04/2026", Text("Ngày này không được sau ngày 31/03/2026.", "Not after 2026-03-31.")),
        ("words", " ", forms.MISSING),
        ("words", "a\x00b", forms.UNPRINTABLE),
        ("words", "a@b.vn", forms.PERSONAL),
        ("choice", "rumour", forms.NOT_IN_LIST),
        ("count", "-1", forms.NOT_A_NUMBER),
        ("count", "1,5", forms.NOT_A_NUMBER),
        ("count", "١٢", forms.NOT_A_NUMBER),
        ("count", "1001", Text("Nhiều nhất là 1000.", "At most 1000.")),
        ("address", "ftp://a.vn", forms.NOT_AN_ADDRESS),
        ("address", "https://", forms.NOT_AN_ADDRESS),
        ("address", "https://[", forms.NOT_AN_ADDRESS),
        ("address", "https://a.vn/x y", forms.NOT_AN_ADDRESS),
    ],
)
def test_a_fault_is_named_and_the_input_is_kept(kind: str, sent: str, why: Text) -> None:
    form = given(sent)
    assert read(form, kind) is None
    assert form.errors == {"x": why}
    assert form.text("x") == sent


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [
        ("words", "  Hội ", "Hội"),
        ("words", "Lua\u0323\u0302t", "Luật"),
        ("choice", "dialogue", Channel.DIALOGUE),
        ("count", "1.000", 1000),
        ("count", "", None),
        ("address", "", None),
        ("address", "https://a.vn/bài", "https://a.vn/bài"),
        ("address", "https://a.vn/@VTV.24", "https://a.vn/@VTV.24"),
    ],
)
def test_valid_input_is_read(kind: str, sent: str, expected: Any) -> None:
    form = given(sent)
    assert (read(form, kind), form.errors) == (expected, {})


def test_too_much_is_refused_with_both_numbers() -> None:
    form = given("sáu từ")
    assert form.words("x", 5) is None
    assert "dài 6 ký tự, nhiều nhất là 5" in form.errors["x"].vi
