"""What a cell of a workbook shows: a value written in its number format, as LibreOffice and Excel in English write it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from deploy.cli.data.tables.number_format import GENERAL, SHORT_DATE, Section, Token, sections

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS, DAYS = tuple(_MONTHS.split()), tuple(_DAYS.split())
Value = bool | int | float | str | date | datetime | time | timedelta


def shown(value: Value, form: str) -> str:
    """Write a value as the cell shows it, with English names and separators."""
    if isinstance(value, str):
        return _text(value, sections(form))
    if isinstance(value, bool):
        return str(value).upper() if form == GENERAL else shown(int(value), form)
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)), form)
    section = sections("dd/mm/yyyy" if form == SHORT_DATE else form)[0]
    return _moment(value, section) if section.is_date else str(value)


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
    hour = (moment.hour % 12 or 12) if halves else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[name]
    return f"{number:0{min(length, 2)}}"


def _text(value: str, sections: Sequence[Section]) -> str:
    section = sections[-1]
    if len(sections) not in {1, 4} or Token("plain", "@") not in section.tokens:
        return value
    return "".join(value if token.text == "@" else token.text for token in section.tokens)


def _number(value: Decimal, form: str) -> str:
    section, value = _chosen(value, sections(form))
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


def _chosen(value: Decimal, sections: Sequence[Section]) -> tuple[Section, Decimal]:
    """Choose the section for a number; that for negative ones shows no sign of its own."""
    numeric = sections[:3]
    if any(section.condition for section in numeric):
        met = (item for item in numeric if item.condition is None or _meets(value, *item.condition))
        return next(met, numeric[-1]), value
    if value < 0 and len(numeric) > 1:
        return numeric[1], -value
    if value == 0 and len(numeric) > 2:  # noqa: PLR2004  the third is that of zero
        return numeric[2], value
    return numeric[0], value


def _meets(value: Decimal, sign: str, bound: Decimal) -> bool:
    compared = {"<": value < bound, ">": value > bound, "=": value == bound}
    return {**compared, "<=": value <= bound, ">=": value >= bound, "<>": value != bound}[sign]


def _general(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _scientific(value: Decimal, section: Section) -> str:
    at = next(n for n, token in enumerate(section.tokens) if token.kind == "exponent")
    decimals = _decimals(section.tokens[:at])
    power = value.adjusted() if value else 0
    return f"{_rounded(value.scaleb(-power), decimals)}E{'+' if power >= 0 else '-'}{abs(power):02}"


def _fraction(value: Decimal, section: Section) -> str:
    text = "".join(token.text for token in section.tokens)
    most = 10 ** len(text.rpartition("/")[2].strip()) - 1
    part = Fraction(value).limit_denominator(most)
    whole, rest = divmod(part, 1) if " " in text.strip() else (0, part)
    return f"{whole or ''} {rest or ''}".strip() or "0"


def _decimal(value: Decimal, section: Section) -> str:
    tokens = section.tokens
    digits = [n for n, token in enumerate(tokens) if token.kind == "digit"]
    if not digits:
        return ("-" if value < 0 else "") + "".join(token.text for token in tokens)
    first, last = digits[0], digits[-1]
    body = tokens[first : last + 1]
    after = tokens[last + 1 :]
    thousands = _commas(after)
    percents = sum(token == Token("plain", "%") for token in tokens)
    scaled = abs(value).scaleb(2 * percents - 3 * thousands)
    sign = "-" if value < 0 else ""
    before = "".join(token.text for token in tokens[:first])
    return f"{sign}{before}{_body(scaled, body)}{''.join(token.text for token in after[thousands:])}".strip()


def _commas(tokens: Sequence[Token]) -> int:
    return next((n for n, token in enumerate(tokens) if token != Token("plain", ",")), len(tokens))


def _body(value: Decimal, body: Sequence[Token]) -> str:
    decimals = _decimals(body)
    point = next((n for n, token in enumerate(body) if token == Token("plain", ".")), len(body))
    least = sum(token.kind == "digit" and token.text == "0" for token in body[:point])
    whole, _, part = _rounded(value, decimals).partition(".")
    whole = "" if whole == "0" and not least else whole.rjust(least, "0")
    if Token("plain", ",") in body:
        whole = f"{int(whole or 0):,}".rjust(least, "0")
    optional = sum(token.text in "#?" and token.kind == "digit" for token in body[point:])
    kept = part[: len(part) - optional] + part[len(part) - optional :].rstrip("0")
    return f"{whole}.{kept}" if decimals and kept else whole


def _decimals(tokens: Sequence[Token]) -> int:
    point = next((n for n, token in enumerate(tokens) if token == Token("plain", ".")), len(tokens))
    return sum(token.kind == "digit" for token in tokens[point:])


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
