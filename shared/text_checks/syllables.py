"""Vietnamese syllables: which words can be Vietnamese at all (onset, rhyme, one tone mark at most)."""

import re
from functools import cache, lru_cache
from itertools import product

from shared.kernel.text_folding import normalized

LETTERS = "aăâeêioôơuưyđ"  # what a lost letter of a rhyme, or a lost "đ", can have been
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_ONSET = re.compile(r"ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx]|")
_ONSETS = [*"bcdđghklmnpqrstvx", "ngh", "ng", "nh", "gh", "gi", "kh", "ph", "qu", "th", "tr", "ch", ""]
_ALL_RHYMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu
i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong oop
op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uên uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt
uynh uyn uyt uyp uyu ư ưa ưc ưi ưm ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
y yêm yên yêng yêt yêu ynh
"""
_RHYMES = frozenset(_ALL_RHYMES.split())
MOST_LOST = 3


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Tell whether a word (in NFC, any case) is spelt as a Vietnamese syllable."""
    toneless, tones = _skeleton(word)
    return tones <= 1 and _spelt(toneless)


def could_be_syllable(word: str, lost: str = "?") -> bool:
    """Tell whether a word in which some letters were replaced by `lost` can have been a Vietnamese syllable."""
    if not 0 < word.count(lost) <= MOST_LOST:
        return False
    toneless, tones = _skeleton(word)
    return tones <= 1 and _can_be_completed("", toneless, lost)


def _can_be_completed(begun: str, left: str, lost: str) -> bool:
    """Fill in lost letters from the left, and go on only with what a syllable begins with."""
    if not left:
        return begun in _syllables()
    letters = LETTERS if left[0] == lost else left[0]
    longer = (begun + letter for letter in letters)
    return any(each in _beginnings() and _can_be_completed(each, left[1:], lost) for each in longer)


@cache
def _syllables() -> frozenset[str]:
    """Give all syllables without tones: the same words of which `_spelt` is true."""
    written = (onset + rhyme for onset, rhyme in product(_ONSETS, _RHYMES))
    return frozenset(word for word in written if _spelt(word))


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[:length] for word in _syllables() for length in range(1, len(word) + 1))


def _skeleton(word: str) -> tuple[str, int]:
    """Take the tone marks off; the marks that make another letter (ă â ê ô ơ ư) are kept."""
    apart = normalized("NFD", word.lower())
    kept = "".join(letter for letter in apart if letter not in _TONES)
    return normalized("NFC", kept), len(apart) - len(kept)


@lru_cache(maxsize=20_000)
def _spelt(toneless: str) -> bool:
    match = _ONSET.match(toneless)
    onset = match.group() if match else ""
    rhymes = {toneless[len(onset) :]}
    if onset in {"gi", "qu"}:  # "gi" + "n" is "gin", "qu" + "ôc" is "quôc"; the vowel may belong to the rhyme
        rhymes.add(toneless[1:])
    return not rhymes.isdisjoint(_RHYMES)
