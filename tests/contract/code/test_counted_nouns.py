"""A number in an English text agrees with its noun: "1 working day", "2 working days", never "1 mail(s)"."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from services.notifier.adapters.rendering.templates import environment
from shared.kernel.counted import agreeing, counted, noun_of

ROOT = Path(__file__).parents[3]
FOLDERS = ("services", "shared", "deploy")
COUNTED = (
    "attempt|byte|cell|change|character|column|day|draft|event|fault|file|gap|hour|item|line|mail|message|minute|month|"
    "policie|row|second|silence|unit|week"
)
"""Nouns that our texts count, without the ending of the plural."""
PLURAL = re.compile(rf"^(?:</\w+>)? ?(?:[a-z]+ )?(?:{COUNTED})s\b")
SLOVENLY = re.compile(r"\w\((?:s|es|ies)\)")
TEMPLATE = re.compile(rf"\}}\}}(?:</\w+>)? ?(?:[a-z]+ )?(?:{COUNTED})s\b")
HAND_MADE = re.compile(r"""["']s["'] if""")
WRITTEN = re.compile(
    rf"""\}}(?:["']\s*[fF]?["'])?(?:</\w+>)? ?(?:[a-z]+ )?(?:{COUNTED})s\b|{SLOVENLY.pattern}|{HAND_MADE.pattern}"""
)
"""What a source has that is worth parsing, which takes longer: a plural behind a value also goes on in the next literal."""


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "mail", "0 mails"),
        (1, "mail", "1 mail"),
        (2, "mail", "2 mails"),
        (1, "working day", "1 working day"),
        (2, "working day", "2 working days"),
        (21, "working day", "21 working days"),
        (1, "policy", "1 policy"),
        (0, "policy", "0 policies"),
        (3, "key", "3 keys"),
        (2, "batch", "2 batches"),
        (2, "box", "2 boxes"),
    ],
)
def test_a_noun_agrees_with_its_number(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
    assert environment().from_string("{{ n | counted(noun) }}").render(n=number, noun=noun) == text


def test_a_number_may_be_written_in_another_way() -> None:
    assert counted(14000, "draft", "14.000") == "14.000 drafts"
    assert (noun_of(1, "draft"), agreeing(1, "is", "are"), agreeing(0, "is", "are")) == ("draft", "is", "are")


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_text_puts_a_plural_behind_a_number_by_hand(folder: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {text!r}: use shared.kernel.counted"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for source in [file.read_text(encoding="utf-8")]
        if WRITTEN.search(source)
        for line, text in by_hand(ast.parse(source))
    ]
    assert wrong == []


def test_no_template_puts_a_plural_behind_a_number_by_hand() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {match[0]!r}: use the filter `counted`"
        for folder in FOLDERS
        for ending in ("html", "txt")
        for file in sorted((ROOT / folder).rglob(f"*.{ending}"))
        for pattern in (TEMPLATE, SLOVENLY, HAND_MADE)
        for match in [pattern.search(file.read_text(encoding="utf-8"))]
        if match
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "planted",
    [
        'f"{n} days left"',
        'f"{n} working days overdue"',
        'f"{len(x)} mail(s) sent"',
        '"12 file(s)"',
        "f\"day{'s' if n != 1 else ''}\"",
        'f"{n}" f" days left"',
        '(f"{n}"\n    " days left")',
    ],
)
def test_the_check_sees_what_it_forbids(planted: str) -> None:
    assert WRITTEN.search(planted)
    assert list(by_hand(ast.parse(planted)))


def by_hand(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find plurals that stand behind a value, and endings in brackets."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=values):
                for value, after in pairwise(values):
                    match value, after:
                        case ast.FormattedValue(), ast.Constant(value=str(text)) if PLURAL.match(text):
                            yield node.lineno, text
            case ast.IfExp(body=ast.Constant(value="s"), orelse=ast.Constant(value="")):
                yield node.lineno, ast.unparse(node)
            case ast.Constant(value=str(text)) if SLOVENLY.search(text) and "\n" not in text:
                yield node.lineno, text
