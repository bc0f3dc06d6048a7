"""No check of a text takes more than linear time: every pattern and function is tried with texts that repeat its own parts."""

import re
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import product
from types import ModuleType
from typing import Any

import pytest

from shared.contracts.vocabulary import Stage
from shared.kernel.text_folding import MOST_MARKS, fold, normalized
from shared.rules.words.suggestions import nearest
from shared.text_checks.event_texts import find
from shared.text_checks.exact_values import meant, needs_a_day, not_a_day, not_a_number
from shared.text_checks.printable import flaw, tidied, unreadable
from tests.support.timing import processor_seconds

SHORT, LONG = 1_000, 8_000
GROWTH = LONG / SHORT
SLACK = 3  # times slower than linear, for the noise of a machine under load
SMALLEST = 0.02  # seconds: below it the ratio is not looked at
ATTEMPTS = 4
MODULES = (
    "shared.text_checks.printable",
    "shared.text_checks.event_texts",
    "shared.text_checks.syllables",
    "shared.text_checks.exact_values",
    "shared.text_checks.days",
    "shared.bulk_import.row_parsing",
    "shared.bulk_import.percentages",
    "shared.http.problems",
    "shared.http.requests.request_context",
    "shared.signed_links.links",
    "shared.kernel.host_name",
    "shared.kernel.sender",
    "services.notifier.domain.delivery.retries",
    "services.notifier.adapters.delivery.bounces",
    "services.notifier.adapters.delivery.message",
    "services.notifier.adapters.recipients.bodies",
    "deploy.cli.data.textfile",
    "deploy.cli.data.tables.number_format",
    "deploy.cli.data.tables.date_signature",
    "deploy.cli.data.tables.sheet_header",
    "deploy.cli.data.tables.sheet_messages",
    "deploy.cli.data.tables.cell_values",
)
STAGES = [stage.value for stage in Stage]
PARTS = [
    *(
        "a",
        "é",
        "Ã",
        "µ",
        "\u0301",
        "\u0323",
        "\u0f73",
        "\u0344",
        "ﷺ",
        "?",
        " ",
        "\t",
        "\n",
        "0",
        "8",
        "09",
        "+84 ",
    ),
    *(
        "@",
        ".",
        "-",
        "/",
        "(",
        ")",
        ",",
        ":",
        "%",
        "=",
        "_",
        "\u00a0",
        "(at)",
        "(dot)",
        "www.",
        "https://",
        "cccd ",
        "đt",
    ),
    *("aâ", "nghiê", "b???", "0912345678 ", "12345678 ", "tháng ", "1/1/", "2024-", "\u200b", "𝐀", "\ufffd"),
]
FUNCTIONS: dict[str, Callable[[str], object]] = {
    "flaw": flaw,
    "unreadable": unreadable,
    "tidied": tidied,
    "tidied to one line": lambda text: tidied(text, one_line=True),
    "fold": fold,
    "normalized": lambda text: normalized("NFKD", text),
    "find": find,
    "find under a long heading": lambda text: find("12345678 " * 200, text),
    "nearest": lambda text: nearest(text, STAGES),
    "meant": meant,
    "not_a_day": not_a_day,
    "needs_a_day": needs_a_day,
    "not_a_number": lambda text: not_a_number(text, whole=True),
    "a part of a number": lambda text: not_a_number(text, whole=False),
}


WHOLE = (
    "_CONSONANTS",
    "_FORMS",
    "_NAMED",
    "_QUOTED",
    "_FORMULA",
)  # always matched from the first letter on, or as a whole


def patterns_of(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from patterns_of(item)


def patterns() -> Iterator[Any]:
    for name in MODULES:
        module: ModuleType = import_module(name)
        for variable, value in vars(module).items():
            for number, pattern in enumerate(patterns_of(value)):
                yield pytest.param(pattern, id=f"{name}.{variable}[{number}]")


def letters(parsed: Any) -> Iterator[str]:  # noqa: C901  a case for each kind of part
    """Give one letter for each part of a pattern."""
    for kind, value in parsed:
        match str(kind):
            case "LITERAL":
                yield chr(value)
            case "NOT_LITERAL":
                yield "a" if value != ord("a") else "b"
            case "IN":
                yield from letters(item for item in value if str(item[0]) == "LITERAL")
                yield from (chr(low) for item, low in value if str(item) == "RANGE" for low in low[:1])
                yield from {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " "}.get(str(value[0][1]), "a")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from letters(value[2])
            case "SUBPATTERN":
                yield from letters(value[3])
            case "BRANCH":
                for branch in value[1]:
                    yield "".join(letters(branch))
                    yield from letters(branch)
            case "ASSERT" | "ASSERT_NOT":
                yield from letters(value[1])
            case "ANY":
                yield "a"


def pumps(pattern: re.Pattern[Any]) -> list[str]:
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    parts = list(dict.fromkeys(part for part in letters(parser.parse(text, pattern.flags)) if part))
    few = list(dict.fromkeys([*parts[:6], *parts[-3:], "a", "0", " "]))
    return [*parts, "".join(parts), *map("".join, product(few, repeat=2))]


def grows(work: Callable[[str], object], pump: str) -> float:
    """Give by how much more than its length the time for a text grows; 1 if it is linear."""
    least = None
    for _ in range(ATTEMPTS):
        short, long = (_seconds(work, pump, length) for length in (SHORT, LONG))
        ratio = long / max(short, SMALLEST / GROWTH) / GROWTH
        least = ratio if least is None else min(least, ratio)
        if long < SMALLEST or least < SLACK:
            return 1.0
    return least or 1.0


def _seconds(work: Callable[[str], object], pump: str, length: int) -> float:
    text = (pump * (length // len(pump) + 1))[:length] + "\x01"
    return processor_seconds(lambda: work(text))


@pytest.mark.slow  # a minute of processor time
@pytest.mark.parametrize("pattern", list(patterns()))
def test_patterns(pattern: re.Pattern[Any], request: pytest.FixtureRequest) -> None:
    tried = pattern.match if any(name in request.node.name for name in WHOLE) else pattern.search

    def search(text: str) -> object:
        of_bytes = isinstance(pattern.pattern, bytes)
        return tried(text.encode("latin-1", "replace") if of_bytes else text)

    slow = {pump: growth for pump in pumps(pattern) if (growth := grows(search, pump)) >= SLACK}
    assert slow == {}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    tried = [*PARTS, *map("".join, product(PARTS[:8], repeat=2))]
    slow = {pump: growth for pump in tried if (growth := grows(FUNCTIONS[name], pump)) >= SLACK}
    assert slow == {}


def test_marks_are_kept_up_to_a_bound() -> None:
    assert normalized("NFC", "a" + "\u0301" * 5) == "á" + "\u0301" * 4
    assert len(normalized("NFD", "a" + "\u0323\u0301" * 100)) == 1 + MOST_MARKS
    assert flaw("a" + "\u0301" * (MOST_MARKS + 1)) is not None
    assert flaw("ấ" + "\u0301" * 3) is None
