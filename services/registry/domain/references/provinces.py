"""Official codes of provinces, by day: the 63 of Decision 124/2004/QĐ-TTg, from 01/07/2025 the 34 of Decision 19/2025/QĐ-TTg.

The law reuses codes (15 was Yên Bái and is Lào Cai), so a code says which province only together with a day. Every
code of the second list is in the first one too.
"""

import re
from datetime import date

from shared.kernel.text_folding import fold

REORGANISED_ON = date(2025, 7, 1)  # Resolution 202/2025/QH15; from this day there is no district level either

BEFORE = {
    "01": "Hà Nội", "02": "Hà Giang", "04": "Cao Bằng", "06": "Bắc Kạn", "08": "Tuyên Quang", "10": "Lào Cai",
    "11": "Điện Biên", "12": "Lai Châu", "14": "Sơn La", "15": "Yên Bái", "17": "Hòa Bình", "19": "Thái Nguyên",
    "20": "Lạng Sơn", "22": "Quảng Ninh", "24": "Bắc Giang", "25": "Phú Thọ", "26": "Vĩnh Phúc", "27": "Bắc Ninh",
    "30": "Hải Dương", "31": "Hải Phòng", "33": "Hưng Yên", "34": "Thái Bình", "35": "Hà Nam", "36": "Nam Định",
    "37": "Ninh Bình", "38": "Thanh Hóa", "40": "Nghệ An", "42": "Hà Tĩnh", "44": "Quảng Bình", "45": "Quảng Trị",
    "46": "Thừa Thiên Huế", "48": "Đà Nẵng", "49": "Quảng Nam", "51": "Quảng Ngãi", "52": "Bình Định",
    "54": "Phú Yên", "56": "Khánh Hòa", "58": "Ninh Thuận", "60": "Bình Thuận", "62": "Kon Tum", "64": "Gia Lai",
    "66": "Đắk Lắk", "67": "Đắk Nông", "68": "Lâm Đồng", "70": "Bình Phước", "72": "Tây Ninh", "74": "Bình Dương",
    "75": "Đồng Nai", "77": "Bà Rịa - Vũng Tàu", "79": "Hồ Chí Minh", "80": "Long An", "82": "Tiền Giang",
    "83": "Bến Tre", "84": "Trà Vinh", "86": "Vĩnh Long", "87": "Đồng Tháp", "89": "An Giang", "91": "Kiên Giang",
    "92": "Cần Thơ", "93": "Hậu Giang", "94": "Sóc Trăng", "95": "Bạc Liêu", "96": "Cà Mau",
}  # fmt: skip
SINCE = {
    "01": "Hà Nội", "04": "Cao Bằng", "08": "Tuyên Quang", "11": "Điện Biên", "12": "Lai Châu", "14": "Sơn La",
    "15": "Lào Cai", "19": "Thái Nguyên", "20": "Lạng Sơn", "22": "Quảng Ninh", "24": "Bắc Ninh", "25": "Phú Thọ",
    "31": "Hải Phòng", "33": "Hưng Yên", "37": "Ninh Bình", "38": "Thanh Hóa", "40": "Nghệ An", "42": "Hà Tĩnh",
    "44": "Quảng Trị", "46": "Huế", "48": "Đà Nẵng", "51": "Quảng Ngãi", "52": "Gia Lai", "56": "Khánh Hòa",
    "66": "Đắk Lắk", "68": "Lâm Đồng", "75": "Đồng Nai", "79": "Hồ Chí Minh", "80": "Tây Ninh", "82": "Đồng Tháp",
    "86": "Vĩnh Long", "91": "An Giang", "92": "Cần Thơ", "96": "Cà Mau",
}  # fmt: skip
MERGED_INTO = {  # codes that ended, and the code of the province that took its area (Resolution 202/2025/QH15)
    "02": "08", "06": "19", "10": "15", "17": "25", "26": "25", "27": "24", "30": "31", "34": "33", "35": "37",
    "36": "37", "45": "44", "49": "48", "54": "66", "58": "56", "60": "68", "62": "51", "64": "52", "67": "68",
    "70": "75", "72": "80", "74": "79", "77": "79", "83": "86", "84": "86", "87": "82", "89": "91", "93": "92",
    "94": "92", "95": "96",
}  # fmt: skip


def ended(code: str) -> bool:
    """Tell whether a code is of the first list alone: it ended on the day before `REORGANISED_ON`."""
    return code in BEFORE and code not in SINCE


def nearest(code: str) -> str | None:
    """Give the code that was probably meant: leading zeros are lost where a cell is read as a number; or the name stands there."""
    digits = code.strip().removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()):
        return _BY_NAME.get(_PREFIX.sub("", fold(code)))
    padded = digits.lstrip("0").zfill(2)
    return padded if padded in BEFORE else None


_PREFIX = re.compile(r"^(?:thanh pho|tinh|tp\.?)\s?")
_BY_NAME = {fold(name): number for names in (BEFORE, SINCE) for number, name in names.items()} | {
    "hn": "01",
    "hcm": "79",
}
