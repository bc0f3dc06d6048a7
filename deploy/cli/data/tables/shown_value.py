"""What a cell of a workbook shows: a value written in its number format, as LibreOffice and Excel in English write it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from openpyxl.utils.datetime import to_excel  # type: ignore[import-untyped]

from deploy.cli.data.tables.number_format import (
    GENERAL,
    SHORT_DATE,
    Section,
    Token,
    section_of,
    sections,
)

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS, DAYS = tuple(_MONTHS.split()), tuple(_DAYS.split())
_FIFTEEN = Context(prec=15, rounding=ROUND_HALF_UP)  # significant digits, as spreadsheets keep them
Value = bool | int | float | str | date | datetime | time | timedelta


def shown(value: Value, form: str) -> str:
    """Write a value as the cell shows it, with English names and separators."""
    if isinstance(value, str):
        return _text(value, sections(form))
    if isinstance(value, bool):
        return str(value).upper() if form == GENERAL else shown(int(value), form)
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)), form)
    section = section_of("dd/mm/yyyy" if form == SHORT_DATE else form, number_of(value))
    return _moment(value, section) if section.is_date else str(value)


def number_of(value: bool | float | date | time | timedelta) -> Decimal:
    """Give the number that a workbook stores for a value: of a date, its days since 30/12/1899."""
    return Decimal(repr(to_excel(value) if isinstance(value, date | time | timedelta) else value + 0))


def _moment(value: date | time | timedelta, section: Section) -> str:
    span, moment = _placed(value)
    halves = section.has("noon")
    return "".join(_piece(token, moment, span, halves=halves) for token in section.tokens).strip()


def _placed(value: date | time | timedelta) -> tuple[timedelta, datetime]:
    """Give a value as the time since midnight (for [h]:mm) and as a moment."""
    match value:
        case timedelta():
            return value, datetime.combine(date.min, time()) + value
        case time():
            moment = datetime.combine(date.min, value)
            return moment - datetime.combine(date.min, time()), moment
        case datetime():
            return timedelta(0), value
    return timedelta(0), datetime.combine(value, time())


def _piece(token: Token, moment: datetime, span: timedelta, *, halves: bool) -> str:
    if token.kind == "noon":
        return f"{'AM' if moment.hour < 12 else 'PM'}"  # noqa: PLR2004  noon
    if token.kind == "elapsed":
        units = {"h": 3600, "m": 60, "s": 1}
        return f"{int(span.total_seconds()) // units[token.text[0]]:0{len(token.text)}}"
    return _date_piece(token.text, moment, halves=halves) if token.kind == "date" else _plain(token)


def _plain(token: Token) -> str:
    return "" if token.text == "@" else token.text


def _date_piece(text: str, moment: datetime, *, halves: bool) -> str:
    length, name = len(text), text[0]
    if name in "ye":
        return f"{moment.year:04}" if length > 2 or name == "e" else f"{moment.year % 100:02}"  # noqa: PLR2004
    if name in "md" and length > 2:  # noqa: PLR2004  names
        full = MONTHS[moment.month - 1] if name == "m" else DAYS[moment.weekday()]
        return full[0] if length == 5 else full if length == 4 else full[:3]  # noqa: PLR2004
    if name in "qw":
        return f"Q{(moment.month + 2) // 3}" if name == "q" else f"{moment:%V}".lstrip("0")
    hour = (moment.hour % 12 or 12) if halves else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[name]
    whole, _, parts = text.partition(".")
    part = f".{moment.microsecond:06}"[: len(parts) + 1] if parts else ""
    return f"{number:0{min(len(whole), 2)}}{part}"


def _text(value: str, sections: Sequence[Section]) -> str:
    """A fourth section is that of texts, and shows nothing of them without "@"; one alone is if it has an "@"."""
    section = sections[-1]
    if len(sections) != ALL_SECTIONS and (len(sections) > 1 or Token("plain", "@") not in section.tokens):
        return value
    if section.has("general"):
        return value
    return "".join(value if token.text == "@" else token.text for token in section.tokens)


def _number(value: Decimal, form: str) -> str:
    section = section_of(form, value)
    if len(sections(form)) > 1 and section is not sections(form)[0] and section.condition is None:
        value = abs(value)  # a section for negative numbers writes their sign itself, or leaves it out
    if section.has("general") or Token("plain", "@") in section.tokens:
        return "".join(
            _general(value) if token.kind == "general" or token.text == "@" else token.text
            for token in section.tokens
        )
    if section.has("exponent"):
        return _scientific(value, section)
    if Token("plain", "/") in section.tokens and section.has("digit"):
        return _fraction(value, section)
    return _decimal(value, section)


def _general(value: Decimal) -> str:
    return f"{_FIFTEEN.plus(value).normalize():f}" if value else "0"


def _scientific(value: Decimal, section: Section) -> str:
    """Write the exponent with as many digits as it has zeros, in steps of the digits before the point."""
    at = next(n for n, token in enumerate(section.tokens) if token.kind == "exponent")
    mantissa, exponent = section.tokens[:at], section.tokens[at:]
    decimals, step = _decimals(mantissa), max(1, _digits(mantissa[: _point(mantissa)]))
    power = value.adjusted() // step * step if value else 0
    if abs(Decimal(_rounded(value.scaleb(-power), decimals))) >= 10**step:
        power += step  # 9.995 is written as 10.00, so as 1.00 of the next power
    sign = "-" if power < 0 else "+" if exponent[0].text[1] == "+" else ""
    return f"{_rounded(value.scaleb(-power), decimals)}E{sign}{abs(power):0{_digits(exponent)}}"


def _fraction(value: Decimal, section: Section) -> str:
    text = "".join(token.text for token in section.tokens)
    before, _, below = text.rpartition("/")
    fixed = int(below) if below.strip().isdecimal() and int(below) else 0
    number = Fraction(abs(value))
    if fixed:
        above, below_line = round(number * fixed), fixed
    else:
        part = number.limit_denominator(10 ** len(below.strip()) - 1)
        above, below_line = part.numerator, part.denominator
    sign = "-" if value < 0 and above else ""
    if " " not in before.strip():
        return f"{sign}{above}/{below_line}"
    whole, rest = divmod(above, below_line)
    return f"{sign}{whole or ''} {f'{rest}/{below_line}' if rest else ''}".strip() or "0"


def _decimal(value: Decimal, section: Section) -> str:
    tokens = section.tokens
    digits = [n for n, token in enumerate(tokens) if token.kind == "digit"]
    if not digits:
        return "".join(token.text for token in tokens)
    first, last = digits[0], digits[-1]
    body = tokens[first : last + 1]
    after = tokens[last + 1 :]
    thousands = _commas(after)
    percents = sum(token == Token("plain", "%") for token in tokens)
    scaled = abs(value).scaleb(2 * percents - 3 * thousands)
    sign = "-" if value < 0 and Decimal(_rounded(scaled, _decimals(body))) else ""
    before = "".join(token.text for token in tokens[:first])
    return f"{sign}{before}{_body(scaled, body)}{''.join(token.text for token in after[thousands:])}".strip()


def _commas(tokens: Sequence[Token]) -> int:
    return next((n for n, token in enumerate(tokens) if token != Token("plain", ",")), len(tokens))


def _body(value: Decimal, body: Sequence[Token]) -> str:
    """Write the digits into their places, and between them what stands between those: 1000 in "00-00" is 10-00."""
    point = _point(body)
    whole, _, part = _rounded(value, _decimals(body)).partition(".")
    decimals = _after_point(part, body[point + 1 :])
    return f"{_before_point(whole, body[:point])}{f'.{decimals}' if decimals else ''}"


def _before_point(whole: str, tokens: Sequence[Token]) -> str:
    digits = whole.lstrip("0")
    least = sum(token.kind == "digit" and token.text == "0" for token in tokens)
    if _COMMA in tokens:
        return f"{int(digits):,}".rjust(least, "0") if digits else "0" * least
    pieces: list[str] = []
    for token in reversed(tokens):
        if token.kind != "digit":
            pieces.append(token.text)
        else:
            pieces.append(digits[-1:] or {"0": "0", "?": " "}.get(token.text, ""))
            digits = digits[:-1]
    return digits + "".join(reversed(pieces))


def _after_point(part: str, tokens: Sequence[Token]) -> str:
    """Write decimals: zeros at the end only where the format demands them ("0") or their room ("?")."""
    left = len(part.rstrip("0"))
    left = max([left, *(n for n, token in enumerate(_places(tokens), start=1) if token.text == "0")])
    pieces, number = [], 0
    for token in tokens:
        if token.kind != "digit":
            pieces.append("" if token == _COMMA else token.text)
            continue
        pieces.append(part[number] if number < left else " " if token.text == "?" else "")
        number += 1
    return "".join(pieces)


_COMMA = Token("plain", ",")
ALL_SECTIONS = 4  # of positive and negative numbers, zero, and texts


def _places(tokens: Sequence[Token]) -> Sequence[Token]:
    return [token for token in tokens if token.kind == "digit"]


def _digits(tokens: Sequence[Token]) -> int:
    return len(_places(tokens))


def _point(tokens: Sequence[Token]) -> int:
    return next((n for n, token in enumerate(tokens) if token == Token("plain", ".")), len(tokens))


def _decimals(tokens: Sequence[Token]) -> int:
    return _digits(tokens[_point(tokens) :])


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
