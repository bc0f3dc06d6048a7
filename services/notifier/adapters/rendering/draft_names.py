"""How drafts, policies and units are named in mails, in the recipient's language."""

from collections.abc import Iterable, Sequence
from unicodedata import category

from shared.contracts.vocabulary import Instrument, Language
from shared.kernel.errors import Text
from shared.rules.wording import INSTRUMENTS, WHOLE_DRAFT_TITLE

NEAR = 12  # characters within which a blank is looked for
JOINERS = "\u200d\ufe0f\ufe0e"  # the first joins pictures, the others say how one is shown
SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))  # two of them are one flag
SUBJECT_TITLE = 90  # characters of a title that a subject line has room for


def shortened(title: str) -> str:
    """Cut a long title where a character that a reader sees ends, at a blank if one is near."""
    if len(title) <= SUBJECT_TITLE:
        return title
    end = SUBJECT_TITLE - 1
    while end > 0 and _is_within(title, end):
        end -= 1
    blank = title.rfind(" ", end - NEAR, end + 1)
    return f"{title[: blank if blank > 0 else end].rstrip()}…"


def _is_within(title: str, place: int) -> bool:
    """Say whether a place is inside of what a reader sees as a character (Unicode, UAX 29, as far as titles need it)."""
    before, after = title[place - 1], title[place]
    if category(after)[0] == "M" or after in JOINERS or before == JOINERS[0] or after in SKIN_TONES:
        return True
    flags = next((n for n, c in enumerate(reversed(title[:place])) if c not in FLAG_LETTERS), place)
    return after in FLAG_LETTERS and flags % 2 == 1


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
