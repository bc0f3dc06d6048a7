"""A field for an address takes http and https; a browser must never run what stands in one."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.text_checks.event_texts import AddressOrNote, WebAddress, other_address_in

STRICT, LENIENT = TypeAdapter(WebAddress), TypeAdapter(AddressOrNote)
TAKEN = ("https://example.vn/a?b=c#d", "http://10.0.0.1:8080/", "HTTPS://Example.vn", "https://báo.vn/tin")
NOTES = (
    "seen in a copy; original: baotintuc.vn",
    "bản chụp lưu tại Sở",
    "www.example.vn/tin",
    "Báo Lao Động: số 5",
)
DANGEROUS = (
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java\tscript:x", "java\nscript:x"),
    *(
        "\u200bjavascript:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.vn",
        "//example.vn",
    ),
    *(
        "\\\\server\\share",
        "http://",
        "https:///x",
        "https://a b.vn",
        "mailto:x",
        "blob:https://x",
        "intent://x",
    ),
)


@pytest.mark.parametrize("text", TAKEN)
def test_addresses_are_taken(text: str) -> None:
    assert STRICT.validate_python(text) == text
    assert LENIENT.validate_python(text) == text
    assert other_address_in({"url": text}) is None


@pytest.mark.parametrize("text", NOTES)
def test_a_cell_may_say_why_there_is_none(text: str) -> None:
    assert LENIENT.validate_python(text) == text
    with pytest.raises(ValidationError):
        STRICT.validate_python(text)


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_browser_would_run_is_refused(text: str) -> None:
    for kind in (STRICT, LENIENT):
        with pytest.raises(ValidationError):
            kind.validate_python(text)
    assert other_address_in({"evidence": {"explanation_url": text}}) == "explanation_url"
