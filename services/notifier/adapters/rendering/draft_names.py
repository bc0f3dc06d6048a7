"""How drafts, policies and units are named in mails, in the recipient's language."""

from collections.abc import Iterable, Sequence

from shared.contracts.vocabulary import Instrument, Language
from shared.kernel.errors import Text
from shared.rules.wording import INSTRUMENTS, WHOLE_DRAFT_TITLE

SUBJECT_TITLE = 90  # characters of a title that a subject line has room for


def shortened(title: str) -> str:
    return title if len(title) <= SUBJECT_TITLE else f"{title[: SUBJECT_TITLE - 1].rstrip()}…"


def all_of(names: Iterable[str], language: Language) -> str:
    """Name several, each once: "A, B and C"."""
    *before, last = dict.fromkeys(names)
    joined = in_language(Text(" và ", " and "), language)
    return f"{', '.join(before)}{joined}{last}" if before else last


def name_of(instrument: Instrument, title: str, language: Language) -> str:
    """Name the legal form before the title, unless the title begins with it ("Luật Đất đai")."""
    form = INSTRUMENTS[instrument]
    if title.casefold().startswith(form.vi.partition(" của ")[0].casefold()):
        return f"“{title}”"
    return f"{in_language(form, language)} “{title}”"


def policies_of(numbers: Sequence[int], language: Language) -> str:
    """Name the open policies; number 0 is the draft as a whole."""
    if not any(numbers):
        return in_language(WHOLE_DRAFT_TITLE, language).lower()
    listed = ", ".join(str(number) for number in numbers)
    if language is Language.VI:
        return f"chính sách số {listed}"
    return f"policy {listed}" if len(numbers) == 1 else f"policies {listed}"


def in_language(text: Text, language: Language) -> str:
    return text.en if language is Language.EN else text.vi
