"""A cursor is one that the list gave, or it is refused as a bad cursor: nothing else comes of it.

An input that once did is kept in `corpus/cursors.txt`, one a line, as a Python literal.
"""

import ast
import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.http.requests.paging import BadCursor, _decode, _encode, position_of
from tests.unit.fuzz.mutations import damaged_bytes

PATH = "/drafts"
CORPUS = [
    ast.literal_eval(line)
    for line in (Path(__file__).parent / "corpus" / "cursors.txt").read_text(encoding="utf-8").splitlines()
]
GIVEN = [_encode(PATH, key).encode() for key in ("1", "4321", "LUAT-DULIEU", "Ủy ban", "a" * 200)]
EXAMPLES = settings(max_examples=400, deadline=timedelta(seconds=2), derandomize=True, database=None)


@pytest.mark.parametrize("cursor", CORPUS, ids=range(len(CORPUS)))
def test_an_input_of_the_corpus_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        position_of(_decode(PATH, cursor))


@EXAMPLES
@given(st.text(max_size=60))
def test_any_text(cursor: str) -> None:
    with contextlib.suppress(BadCursor):
        assert _encode(PATH, _decode(PATH, cursor)) == cursor


@EXAMPLES
@given(damaged_bytes(GIVEN))
@example(GIVEN[0])
def test_a_damaged_cursor_is_taken_only_whole(cursor: bytes) -> None:
    text = cursor.decode("utf-8", "surrogateescape")
    with contextlib.suppress(BadCursor):
        assert _encode(PATH, _decode(PATH, text)) == text
        position_of(_decode(PATH, text))


@EXAMPLES
@given(st.sampled_from(GIVEN), st.sampled_from(["/units", "/drafts/", ""]))
def test_a_cursor_of_another_list_is_refused(cursor: bytes, path: str) -> None:
    with pytest.raises(BadCursor):
        _decode(path, cursor.decode())
