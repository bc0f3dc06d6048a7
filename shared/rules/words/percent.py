"""How a share is written, on pages, in mails and in the terminal alike: 59,4%."""

from shared.kernel.errors import Text
from shared.rules.words.wording import NOT_APPLICABLE


def percent(share: float | None, places: int = 1, *, in_words: bool = False) -> Text:
    """Write a fraction to a tenth of a per cent (or to as many places); of a sentence (`in_words`) without a tenth that is 0.

    It is never rounded up to the whole or down to nothing, so 100% means all of them. None: it does not apply.
    """
    if share is None:
        return NOT_APPLICABLE
    whole = 100 * 10**places
    parts = round(share * whole)
    if 0 < share < 1:
        parts = min(max(parts, 1), whole - 1)
    digits = f"{parts / 10**places:.{places}f}"
    if in_words:
        digits = digits.removesuffix("." + "0" * places)
    return Text(f"{digits.replace('.', ',')}%", f"{digits}%")
