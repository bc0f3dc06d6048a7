"""Reading CSV and XLSX: line numbers as in an editor, and rows that are refused."""

import gc
import tracemalloc
import warnings
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from deploy.cli.console import CommandError
from deploy.cli.data import sources
from deploy.cli.data.columns import Broken


def read(folder: Path, content: str | bytes) -> list[sources.Row | Broken]:
    file = folder / "unit_successions.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(sources.read_csv(file).read())


def rows(folder: Path, content: str | bytes) -> list[sources.Row]:
    return [item for item in read(folder, content) if isinstance(item, sources.Row)]


HEADER = "from_code,kind,date"


def test_a_row_has_the_line_on_which_it_begins(tmp_path: Path) -> None:
    actual = rows(tmp_path, HEADER + ',source\nA,,,"một\nhai\nba"\n\nB,,,x\r\nC,,,y\n')
    assert [(row.line, row.cells["from_code"]) for row in actual] == [(2, "A"), (6, "B"), (7, "C")]
    assert actual[0].cells["source"] == "một\nhai\nba"


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert rows(tmp_path, f"\ufeff{HEADER}\nA,B\n")[0].cells == {"from_code": "A", "kind": "B"}


def test_headers_are_trimmed_and_empty_or_missing_cells_are_absent(tmp_path: Path) -> None:
    assert read(tmp_path, " from_code , kind ,date,\nA, \nB\n") == [
        sources.Row(2, {"from_code": "A"}),
        sources.Row(3, {"from_code": "B"}),
    ]


def test_a_text_that_looks_like_a_formula_is_a_text(tmp_path: Path) -> None:
    cells = ("=1+1", "+84", "-x", "@ai")
    actual = rows(tmp_path, f"{HEADER},source\n{','.join(cells)}\n")
    assert tuple(actual[0].cells.values()) == cells


VIETNAMESE = "kind,date,from_code\nx,y,Sở Tư pháp tỉnh\n"


@pytest.mark.parametrize(
    ("content", "line", "english"),
    [
        ("from_code;kind;date\nA;B;C\nA;B;C\n", 1, "semicolons"),
        ("from_code;kind;date\n", 1, "semicolons"),
        ("from_code\tkind\tdate\nA\tB\tC\n", 1, "tabs"),
        (f"{HEADER}\nA,B,C,D\n", 2, "4 cells"),
        (f"{HEADER},\nA,B,C,D\n", 2, "column without a name"),
        (f'{HEADER}\nA,"B\nC,D\n', 2, "quotes"),
        (f'{HEADER}\nA,"B"C\n', 2, "quotes"),
        ("", 0, "empty"),
        ("\n\n", 0, "empty"),
        ("from_code,kind\nA,B\n", 1, "'date' is missing"),
        ("from_code,kind,Date\nA,B,C\n", 1, "('Date'?)"),
        (f"{HEADER},kind\nA,B,C,D\n", 1, "more than once"),
        (VIETNAMESE.encode("utf-16"), 0, "UTF-16"),
        (VIETNAMESE.encode("utf-16-be"), 0, "UTF-16"),
        (VIETNAMESE.encode("utf-32"), 0, "UTF-32"),
        (f"{HEADER}\nA,S\u01a1\u0309,T\u01b0 pha\u0301p\n".encode("cp1258"), 2, "Windows-1258"),
        (f"{HEADER}\nA,".encode() + b"\xb8\xb5\xb6\xb7\n", 2, "TCVN3"),
        (f"{HEADER}\nSở,".encode() + b"\xff" + "Sở Tư pháp".encode(), 2, "damaged"),
        (b"PK\x03\x04rest", 0, "workbook (.xlsx)"),
        (f"{HEADER}\n".encode() + b"x" * (2 << 20), 2, "longer than 1 MB"),
    ],
)
def test_an_unreadable_row_is_reported_once(
    tmp_path: Path, content: str | bytes, line: int, english: str
) -> None:
    actual = read(tmp_path, content)
    assert [(item.line, english in item.why.en) for item in actual if isinstance(item, Broken)] == [
        (line, True)
    ]
    assert not rows(tmp_path, content)


def test_a_header_alone_is_valid(tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEADER}\n") == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "number_of_rows",
    [pytest.param(30_000, marks=pytest.mark.slow), pytest.param(1_000_000, marks=pytest.mark.chaos)],
)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, number_of_rows: int) -> None:
    """The larger one has more than 200 MB."""
    file = tmp_path / "unit_successions.csv"
    with file.open("w", encoding="utf-8") as stream:
        stream.write(f"{HEADER},source\n")
        stream.writelines(f"A{number},merge,2025-03-01,{'nguồn ' * 26}\n" for number in range(number_of_rows))
    tracemalloc.start()
    try:
        assert sum(1 for _ in sources.read_csv(file).read()) == number_of_rows
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 3 << 20, f"{file.stat().st_size} bytes read with {most}"


def workbook(folder: Path, *lines: list[object]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "unit_successions"
    for line in (HEADER.split(","), *lines):
        book.active.append(line)
    book.save(folder / "all.xlsx")
    return folder / "all.xlsx"


def test_a_formula_without_a_result_refuses_its_row(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["A", "=1+1", date(2026, 3, 2)], ["B", "#REF!", None], ["C", "x", None])
    actual = list(sources.read(path).sheets["unit_successions"].read())
    assert [(item.line, isinstance(item, Broken)) for item in actual] == [(2, True), (3, True), (4, False)]


def test_a_workbook_that_unpacks_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", bytes(16 << 20))
    with pytest.raises(CommandError, match="more than the safety limit"):
        sources.read(tmp_path / "bomb.xlsx")
    (tmp_path / "no.xlsx").write_bytes(b"no workbook")
    with pytest.raises(CommandError, match="cannot be read"):
        sources.read(tmp_path / "no.xlsx")


def with_entities(folder: Path, entities: str, value: str) -> Path:
    """Write a workbook whose sheet declares entities, and has a value of them in a cell."""
    plain, changed = workbook(folder, ["AA-1", "x", None]), folder / "changed.xlsx"
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(changed, "w") as written:
        for name in parts.namelist():
            text = parts.read(name).decode()
            if "AA-1" in text:
                text = f"<!DOCTYPE worksheet [{entities}]>{text.replace('AA-1', value)}"
            written.writestr(name, text)
    return changed


def refusal_of(path: Path) -> str:
    """Read a workbook that is refused; openpyxl leaves the file open then, until the error is gone."""
    message = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            list(sources.read(path).sheets["unit_successions"].read())
        except CommandError as error:
            message = error.message.en
        gc.collect()
    return message


def test_entities_of_a_workbook_are_neither_opened_nor_multiplied(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    many = "".join(f'<!ENTITY {to} "{f"&{of};" * 40}">' for of, to in pairwise("abcdef"))
    for entities, value in (
        (f'<!ENTITY a SYSTEM "{secret.as_uri()}">', "&a;"),
        (f'<!ENTITY a "{"ha" * 50}">{many}', "&f;"),
    ):
        message = refusal_of(with_entities(tmp_path, entities, value))
        assert "cannot be read" in message
        assert "canary" not in message
    (row,) = sources.read(with_entities(tmp_path, "", "AA-1")).sheets["unit_successions"].read()
    assert isinstance(row, sources.Row)
    assert row.cells["from_code"] == "AA-1"


def test_sheets_are_sorted_into_taken_and_unknown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("units", "programme", "ghi chú"):
        page = book.create_sheet(name)
        page.append(["code"])
        page.append(["A"])
    book.save(tmp_path / "all.xlsx")
    source = sources.read(tmp_path / "all.xlsx")
    assert list(source.sheets) == ["units", "programme"]
    assert source.unknown == ["Sheet", "ghi chú"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing to import"):
        sources.read(tmp_path)
    with pytest.raises(CommandError, match="does not exist"):
        sources.read(tmp_path / "absent")
