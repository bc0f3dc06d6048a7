"""Vietnamese as it looks when its encoding was lost: typed in old fonts, or saved and read in the wrong code page."""

import unicodedata
from collections.abc import Callable, Mapping

# TCVN 5712:1993 (VN3): letter and byte, copied from the standard, not from the code that reads it.
TCVN3 = {
    0xB8: "á", 0xB5: "à", 0xB6: "ả", 0xB7: "ã", 0xB9: "ạ", 0xA8: "ă", 0xBE: "ắ", 0xBB: "ằ", 0xBC: "ẳ", 0xBD: "ẵ", 0xC6: "ặ",
    0xA9: "â", 0xCA: "ấ", 0xC7: "ầ", 0xC8: "ẩ", 0xC9: "ẫ", 0xCB: "ậ", 0xAE: "đ", 0xD0: "é", 0xCC: "è", 0xCE: "ẻ", 0xCF: "ẽ",
    0xD1: "ẹ", 0xAA: "ê", 0xD5: "ế", 0xD2: "ề", 0xD3: "ể", 0xD4: "ễ", 0xD6: "ệ", 0xDD: "í", 0xD7: "ì", 0xD8: "ỉ", 0xDC: "ĩ",
    0xDE: "ị", 0xE3: "ó", 0xDF: "ò", 0xE1: "ỏ", 0xE2: "õ", 0xE4: "ọ", 0xAB: "ô", 0xE8: "ố", 0xE5: "ồ", 0xE6: "ổ", 0xE7: "ỗ",
    0xE9: "ộ", 0xAC: "ơ", 0xED: "ớ", 0xEA: "ờ", 0xEB: "ở", 0xEC: "ỡ", 0xEE: "ợ", 0xF3: "ú", 0xEF: "ù", 0xF1: "ủ", 0xF2: "ũ",
    0xF4: "ụ", 0xAD: "ư", 0xF8: "ứ", 0xF5: "ừ", 0xF6: "ử", 0xF7: "ữ", 0xF9: "ự", 0xFD: "ý", 0xFA: "ỳ", 0xFB: "ỷ", 0xFC: "ỹ",
    0xFE: "ỵ", 0xA1: "Ă", 0xA2: "Â", 0xA3: "Ê", 0xA4: "Ô", 0xA5: "Ơ", 0xA6: "Ư", 0xA7: "Đ",
}  # fmt: skip
# VNI-Windows, as its users know it: the mark stands after the letter.
VNI = {
    "á": "aù", "à": "aø", "ả": "aû", "ã": "aõ", "ạ": "aï", "ă": "aê", "ắ": "aé", "ằ": "aè", "ẳ": "aú", "ẵ": "aü", "ặ": "aë",
    "â": "aâ", "ấ": "aá", "ầ": "aà", "ẩ": "aå", "ẫ": "aã", "ậ": "aä", "đ": "ñ", "é": "eù", "è": "eø", "ẻ": "eû", "ẽ": "eõ",
    "ẹ": "eï", "ê": "eâ", "ế": "eá", "ề": "eà", "ể": "eå", "ễ": "eã", "ệ": "eä", "í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó",
    "ị": "ò", "ó": "où", "ò": "oø", "ỏ": "oû", "õ": "oõ", "ọ": "oï", "ô": "oâ", "ố": "oá", "ồ": "oà", "ổ": "oå", "ỗ": "oã",
    "ộ": "oä", "ơ": "ô", "ớ": "ôù", "ờ": "ôø", "ở": "ôû", "ỡ": "ôõ", "ợ": "ôï", "ú": "uù", "ù": "uø", "ủ": "uû", "ũ": "uõ",
    "ụ": "uï", "ư": "ö", "ứ": "öù", "ừ": "öø", "ử": "öû", "ữ": "öõ", "ự": "öï", "ý": "yù", "ỳ": "yø", "ỷ": "yû", "ỹ": "yõ",
    "ỵ": "î",
}  # fmt: skip


def in_tcvn3(text: str) -> str:
    bytes_of = {letter: chr(byte) for byte, letter in TCVN3.items()}
    lower = {
        letter: bytes_of[letter.lower()] for letter in map(str.upper, bytes_of) if letter not in bytes_of
    }
    return _written(text, bytes_of | lower)  # capitals with a tone have the same bytes, in another font


def in_vni(text: str) -> str:
    return _written(text, VNI | {letter.upper(): form.upper() for letter, form in VNI.items()})


def in_ascii(text: str) -> str:
    return _nfc(text).encode("ascii", "replace").decode()


def in_windows_1252(text: str) -> str:
    return _nfc(text).encode("cp1252", "replace").decode("cp1252")


def read_as_windows_1252(text: str) -> str:
    """Read UTF-8 as Windows-1252, where it has no letter as Latin-1, as browsers do."""
    return "".join(_of_byte(byte) for byte in _nfc(text).encode())


def read_as_latin_1(text: str) -> str:
    return _nfc(text).encode().decode("latin-1")


WAYS: Mapping[str, Callable[[str], str]] = {
    "TCVN3": in_tcvn3,
    "VNI": in_vni,
    "?": in_ascii,
    "? of Windows-1252": in_windows_1252,
    "UTF-8 as Windows-1252": read_as_windows_1252,
    "UTF-8 as Latin-1": read_as_latin_1,
}


def _of_byte(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def _written(text: str, forms: Mapping[str, str]) -> str:
    return "".join(forms.get(letter, letter) for letter in _nfc(text))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
