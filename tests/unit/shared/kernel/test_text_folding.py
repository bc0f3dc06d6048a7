"""Folding for search: what looks alike, or is written alike, is alike."""

import unicodedata

import pytest

from shared.kernel.text_folding import fold, folded_words


@pytest.mark.parametrize(
    "written",
    [
        *(
            "Đồng Đăng",
            "đồng đăng",
            "ĐỒNG ĐĂNG",
            "dong dang",
            "Dong  Dang",
            "Ðồng Ðăng",
            "ðồng ðăng",
            "Ɖồng Ɖăng",
        ),
        *("Đồng\u00a0Đăng", "\u200bĐồng Đăng\ufeff", "Đồ\u00adng Đăng", " Đồng\tĐăng\n", "Ｄong dang"),
        unicodedata.normalize("NFD", "Đồng Đăng"),
        unicodedata.normalize("NFD", "Ðồng Ðăng"),
    ],
)
def test_alike(written: str) -> None:
    assert fold(written) == "dong dang"


def test_letters_with_horns_and_numbers_of_documents() -> None:
    assert fold("Người được hưởng, số 31/2025/NĐ-CP") == "nguoi duoc huong, so 31/2025/nd-cp"


def test_words_are_different_and_in_order() -> None:
    assert folded_words("Nghị quyết  nghị QUYẾT Khánh Hòa") == ["nghi", "quyet", "khanh", "hoa"]
    assert folded_words(" \u200b ") == []
