"""Number formats of workbooks (ECMA-376 part 1, 18.8.31), taken apart: sections, and which parts of a date they show."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

GENERAL = "General"
SHORT_DATE = "mm-dd-yy"  # built-in format 14: the short date of whoever looks, in Vietnam dd/mm/yyyy
_TOKEN = re.compile(
    r"""
    (?P<quoted>"[^"]*"?) | \\(?P<escaped>.) | (?P<space>_.) | (?P<fill>\*.) | \[(?P<bracket>[^\]]*)\]
    | (?P<noon>AM/PM|A/P) | (?P<general>General) | (?P<exponent>E[+-])
    | (?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+|q+|w+) | (?P<digit>[0#?]) | (?P<plain>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_ANY = Decimal(1)  # a number for which nothing but a condition chooses another section than the first
_CURRENCY = re.compile(r"\$([^-]*)(?:-[0-9A-Fa-f]+)?")


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    tokens: Sequence[Token]
    condition: tuple[str, Decimal] | None = None

    @property
    def is_date(self) -> bool:
        return any(token.kind in {"date", "elapsed"} for token in self.tokens)

    def has(self, *kinds: str) -> bool:
        return any(token.kind in kinds for token in self.tokens)


def date_parts(form: str, number: Decimal = _ANY) -> frozenset[str]:
    """Name what a format shows of a date: "y", "m", "d", "q" (quarter), "k" (week), "w" (weekday), "t" (time); none if it shows no date."""
    tokens = [token for token in section_of(form, number).tokens if token.kind in {"date", "elapsed", "noon"}]
    parts = {_part(token) for token in tokens}
    return frozenset(parts)


def is_percent(form: str, number: Decimal = _ANY) -> bool:
    return any(token == Token("plain", "%") for token in section_of(form, number).tokens)


def section_of(form: str, number: Decimal) -> Section:
    """Choose the section for a number: by the conditions of the sections, else by its sign."""
    numeric = sections(form)[:3]
    if any(section.condition for section in numeric):
        met = (item for item in numeric if item.condition is None or _meets(number, *item.condition))
        return next(met, numeric[-1])
    if number < 0 and len(numeric) > 1:
        return numeric[1]
    return numeric[2] if number == 0 and len(numeric) > 2 else numeric[0]  # noqa: PLR2004  the third is that of zero


def _meets(value: Decimal, sign: str, bound: Decimal) -> bool:
    compared = {"<": value < bound, ">": value > bound, "=": value == bound}
    return {**compared, "<=": value <= bound, ">=": value >= bound, "<>": value != bound}[sign]


@lru_cache(maxsize=1000)
def sections(form: str) -> Sequence[Section]:
    parts: list[list[Token]] = [[]]
    for result in _TOKEN.finditer(form):
        kind, text = str(result.lastgroup), result[str(result.lastgroup)]
        if (kind, text) == ("plain", ";"):
            parts.append([])
        else:
            parts[-1].append(_token(kind, text))
    return [_section(tokens) for tokens in parts]


def _token(kind: str, text: str) -> Token:
    if kind == "bracket":
        if re.fullmatch(r"h+|m+|s+", text, re.IGNORECASE):
            return Token("elapsed", text.lower())
        currency = _CURRENCY.fullmatch(text)
        return Token("literal", currency[1]) if currency else Token("bracket", text)
    if kind == "quoted":
        return Token("literal", text.strip('"'))
    simple = {"escaped": text, "space": " ", "fill": ""}
    return (
        Token("literal", simple[kind])
        if kind in simple
        else Token(kind, text.lower() if kind == "date" else text)
    )


def _section(tokens: Sequence[Token]) -> Section:
    condition = None
    for token in tokens:
        if token.kind == "bracket" and (result := _CONDITION.fullmatch(token.text)):
            condition = (result[1], Decimal(result[2]))
    return Section(_minutes([token for token in tokens if token.kind != "bracket"]), condition)


def _minutes(tokens: list[Token]) -> Sequence[Token]:
    """Tell months from minutes: an "m" after hours or before seconds is a minute."""
    times = [n for n, token in enumerate(tokens) if token.kind in {"date", "elapsed"}]
    for place, n in enumerate(times):
        before = tokens[times[place - 1]].text[0] if place else ""
        after = tokens[times[place + 1]].text[0] if place + 1 < len(times) else ""
        if tokens[n].kind == "date" and tokens[n].text in {"m", "mm"} and (before == "h" or after == "s"):
            tokens[n] = Token("date", "n" * len(tokens[n].text))
    return tokens


def _part(token: Token) -> str:
    first = token.text[0]
    if token.kind == "date" and first in "yemd":
        weekday = first == "d" and len(token.text) > 2  # noqa: PLR2004  ddd and dddd name the day of the week
        return "w" if weekday else first.replace("e", "y")
    return {"q": "q", "w": "k"}.get(first, "t") if token.kind == "date" else "t"
