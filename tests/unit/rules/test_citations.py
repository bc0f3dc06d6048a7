"""Every law that a text of Loa names by itself was read, or a source writes it; the rest comes from the law table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import deploy
import services
import shared
from shared.rules.rulebook.legal_basis import Certainty

READ, SECONDARY = Certainty.READ, Certainty.SECONDARY
CITED = {
    "407/QĐ-TTg": (SECONDARY, "m.baophapluat.vn (…-post471216)"),
    "64/2025/QH15": (SECONDARY, "thuvienphapluat.vn (…-64-2025-QH15-639239)"),
    "87/2025/QH15": (SECONDARY, "cathai.haiphong.gov.vn (…-779936)"),
    "80/2015/QH13": (SECONDARY, "hethongphapluat.com/luat-ban-hanh-van-ban-quy-pham-phap-luat-2015/dieu-76"),
    "203/2025/QH15": (SECONDARY, "nhansu.vn: kết thúc đơn vị hành chính cấp huyện"),
    "19/2025/QĐ-TTg": (SECONDARY, "bảng mã đơn vị hành chính hiện hành"),
    "124/2004/QĐ-TTg": (SECONDARY, "bảng mã đơn vị hành chính cũ"),
    "09/2019/NĐ-CP": (
        SECONDARY,
        "luatvietnam.vn/tin-van-ban-moi/thoi-han-nop-bao-cao-dinh-ky-186-21960-article.html",
    ),
    "30/2020/NĐ-CP": (SECONDARY, "vietnam.vn: thể thức văn bản"),
}
"""Laws that texts name, with how far that was checked and by what."""
ARTICLES = {
    ("50", "64/2025/QH15"): (READ, "www.hethongphapluat.com/luat-ban-hanh-van-ban-quy-pham-phap-luat-2025/dieu-50"),
    ("68", "64/2025/QH15"): (READ, "www.hethongphapluat.com/luat-ban-hanh-van-ban-quy-pham-phap-luat-2025/chuong-8"),
}  # fmt: skip
NUMBER = re.compile(r"\b(\d+/\d{4}/(?:QH\d+|NĐ-CP|TT-\w+|QĐ-TTg|UBTVQH\d+)|\d+/QĐ-TTg)")
MENTION = re.compile("QH1|NĐ-CP|TT-|QĐ-TTg|UBTVQH")  # most modules name no law: they are not parsed
ARTICLE = re.compile(r"(?:Điều|Art\.|Article) (\d+)")
FOLDERS = [Path(package.__path__[0]) for package in (deploy, services, shared)]
WITHOUT = ("sample", "migrations", "data", "__pycache__")
EXAMPLES = {"example", "Field", "Body", "Query"}  # made-up values of the documentation of the interface


def texts(file: Path) -> Iterator[str]:
    """Give what people may read of a file: a template as it is, of code its strings without docstrings and examples."""
    source = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        yield source
        return
    if MENTION.search(source) is None:
        return
    tree = ast.parse(source)
    hidden: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            hidden.add(id(node.value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in EXAMPLES:
            hidden.update(id(part) for part in ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
            yield node.value


def citations() -> Iterator[tuple[str, str, str | None]]:
    """Give file, number and article of every law that a text names."""
    for folder in FOLDERS:
        for file in sorted(folder.rglob("*")):
            place = file.relative_to(folder.parent)
            if file.suffix not in {".py", ".html", ".txt"} or set(WITHOUT) & set(place.parts):
                continue
            for text in texts(file):
                for match in NUMBER.finditer(text):
                    near = ARTICLE.search(text[max(0, match.start() - 30) : match.end() + 20])
                    yield place.as_posix(), match[1], near[1] if near else None


EVERY = list(citations())
NAMED = sorted({(number, article or "") for _, number, article in EVERY})


@pytest.mark.parametrize(("number", "article"), NAMED)
def test_a_law_that_a_text_names_was_seen(number: str, article: str) -> None:
    where = [place for place, other, _ in EVERY if other == number]
    assert number in CITED, where
    assert CITED[number][0].is_citable
    if article:
        assert (article, number) in ARTICLES, where
        assert ARTICLES[article, number][0] is READ


def test_the_list_names_nothing_that_no_text_names() -> None:
    assert {number for number, _ in NAMED} == CITED.keys()
