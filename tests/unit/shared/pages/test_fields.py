"""Fields of a form: what is read, what is refused in which words, and that nothing typed is lost."""

from typing import Any

import pytest

from shared.contracts.vocabulary import Channel
from shared.kernel.errors import Text
from shared.pages import forms
from shared.pages.forms import Fields


def given(sent: str) -> Fields:
    return Fields({"x": [sent]})


def read(form: Fields, kind: str) -> Any:
    match kind:
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
