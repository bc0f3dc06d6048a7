"""`for_each` joins cases into one test, and lists every one that fails."""

import re

import pytest

from tests.support.cases import for_each


def test_every_case_that_fails_is_listed() -> None:
    tried: list[int] = []

    @for_each([(1, 2), (2, 2), (3, 2)], lambda case: f"case {case[0]}")
    def check(number: int, most: int) -> None:
        tried.append(number)
        if number == 1:
            with pytest.raises(ValueError, match="never"):
                int("1")
        assert number <= most

    with pytest.raises(
        AssertionError, match=re.escape("2 of 3 cases fail:\ncase 1: Failed: DID NOT RAISE")
    ) as error:
        check()
    assert "case 3: AssertionError" in str(error.value)
    assert tried == [1, 2, 3]


def test_without_a_case_it_fails() -> None:
    @for_each(lambda: ())
    def check(_case: int) -> None:
        """Check nothing."""

    with pytest.raises(AssertionError, match="there is no case"):
        check()
