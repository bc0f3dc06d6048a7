"""Cells as officials and their programs format them: values and number formats, with what LibreOffice shows of each.

To write the recorded texts anew (needs LibreOffice Calc): `python -m tests.support.samples.cell_formats`.
"""

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]

GOLDEN = Path(__file__).with_name("cell_formats.csv")
SHOWN_AS_UTF8_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
Value = bool | int | float | str | date | datetime | time | timedelta

_SEPTEMBER, _DAY = date(2025, 9, 1), date(2025, 3, 12)
_MOMENT = datetime(2025, 3, 12, 14, 5, 9)  # noqa: DTZ001  as Excel has it
DATES: Sequence[tuple[date, str]] = (
    *(
        (_SEPTEMBER, form)
        for form in (
            *(
                "mmm-yy",
                "mm/yyyy",
                "m/yyyy",
                "mm-yyyy",
                "yyyy-mm",
                "yyyy/mm",
                "mmmm yyyy",
                "mmm yyyy",
                "mm.yyyy",
            ),
            *(
                "[$-409]mmm\\-yy;@",
                "[$-409]mmmm\\-yy;@",
                "[$-42A]mm/yyyy;@",
                '"tháng "m/yyyy',
                '"tháng" mm "năm" yyyy',
            ),
            *("yyyy", "yy", '"năm "yyyy', "mm/yy", "m\\/yyyy"),
        )
    ),
    *(
        (_DAY, form)
        for form in (
            *(
                "dd/mm/yyyy",
                "d/m/yyyy",
                "dd/mm/yy",
                "yyyy-mm-dd",
                "yyyy/mm/dd",
                "d-mmm-yy",
                "dd-mmm-yyyy",
                "mm-dd-yy",
            ),
            *(
                "d mmmm yyyy",
                "[$-409]d\\-mmm\\-yyyy;@",
                "[$-1010000]d/m/yyyy;@",
                "dd\\.mm\\.yyyy",
                "[$-42A]dd/mm/yyyy;@",
            ),
            *('"ngày" dd "tháng" mm "năm" yyyy', "dddd, d mmmm yyyy", "ddd dd/mm/yyyy", "[Red]dd/mm/yyyy"),
            *("d-mmm", "dd/mm", "mmmm", "dd", "dddd", "mmm"),
            *("q yyyy", '"Quý "q/yyyy', "dd/mm/yyyy q", "ww yyyy"),
            *("[<45000]mm/yyyy;dd/mm/yyyy", "[>45000]mm/yyyy;dd/mm/yyyy", '"Tháng "m/yyyy', "dd/mm/yyyy;@"),
        )
    ),
)
TIMES: Sequence[tuple[Value, str]] = (
    (_MOMENT, "dd/mm/yyyy hh:mm"),
    (_MOMENT, "yyyy-mm-dd hh:mm:ss"),
    (_MOMENT, "dd/mm/yyyy"),
    (_MOMENT, "h:mm AM/PM"),
    (datetime(2025, 3, 12), "dd/mm/yyyy hh:mm"),  # noqa: DTZ001  as Excel has it
    (time(8, 30), "h:mm"),
    (time(8, 30, 15), "hh:mm:ss"),
    (timedelta(hours=26, minutes=5), "[h]:mm"),
    (timedelta(minutes=5, seconds=7), "mm:ss"),
    (_MOMENT, "hh:mm:ss.00"),
)
NUMBERS: Sequence[tuple[Value, str]] = (
    *((value, "0%") for value in (0.7, 1, 1.2, 0, 0.705)),
    *((value, "0.0%") for value in (0.7, 0.725, 1)),
    *((value, "0.00%") for value in (0.7255, 0.5)),
    *(
        (value, "General")
        for value in (3, 0, -5, 2.5, 2026.1, 0.1, 1500000, 12345678901, 45337, 2025, 0.7, 100)
    ),
    *((value, "0") for value in (3, 2.5, 2025, -7)),
    *((value, "0.00") for value in (2026.1, 3, 0.5, -1.005)),
    (2026.1, "0.0"),
    *((value, "000") for value in (1, 15, 7, 1234)),
    (1, "00"),
    (912345678, "0000000000"),
    (79099001234, "000000000000"),
    *((value, "#,##0") for value in (1500000, 12, 1234567.8)),
    (1500000, "#,##0.00"),
    *((value, '#,##0 "₫"') for value in (1500000, 0)),
    *((value, '#,##0\\ "đồng"') for value in (1500000,)),
    (1500000, "[$₫-42A]#,##0"),
    (1500000, "#,##0\\ [$₫-42A]"),
    (-1500000, "#,##0;[Red]-#,##0"),
    (-1500000, "#,##0_);(#,##0)"),
    (1500000, '_-* #,##0\\ _₫_-;\\-* #,##0\\ _₫_-;_-* "-"\\ _₫_-;_-@_-'),
    (0, '_-* #,##0\\ _₫_-;\\-* #,##0\\ _₫_-;_-* "-"\\ _₫_-;_-@_-'),
    *((value, "0.00E+00") for value in (123456789012, 0.00012, 1)),
    (0.5, "# ?/?"),
    (2.25, "# ?/?"),
    (0.333, "# ??/??"),
    (1500000, "#,##0,"),
    (1500000000, '#,##0,,"tr"'),
    (12, '0 "ngày"'),
    (5, '"STP-"000'),
    (12, "@"),
    (7, "?0"),
    (3, "General;-General;"),
    (0, "0;-0;;@"),
    (3, ";;;"),
    (12, '[>=10]0" nhiều";0" ít"'),
    (3, '[>=10]0" nhiều";0" ít"'),
    (True, "General"),
    (False, "General"),
    (True, "0"),
    # what stands between the digits is shown, and may be all that tells a code from another
    *((1000, form) for form in ("00-00", "000-0000", "##-##-####", '0"."00', "0\\.0", "0 - 0")),
    *((1234567, form) for form in ("#\\ ##0", "# ##0", "000\\.000\\.000", "0.0,0")),
    *((value, form) for value in (0, 1, 12.5, 0.705) for form in ("#.##0", "0.??", "#,###", "0.0##")),
    *((value, form) for value in (12.5, 0.7, 123456789012345) for form in ("##0.0E+0", "0E+0", "0.0E-0")),
    (999.995, "0.00E+00"),
    *((value, form) for value in (-1234.5, 0.7, 1) for form in ("# ?/?", "# ?/8", "# ?/100", "?/?")),
    *((-0.004, form) for form in ("0.00", "0%", "#", "#,##0", "0_)")),
    (1 / 3, "General"),
    (3, '"Quý "0'),
    (12, '0"/2024"'),
    (300, '"~"0'),
    (12, 'General" người"'),
)
TEXTS: Sequence[tuple[Value, str]] = (
    ("2025-09", "@"),
    ("12/2024", "General"),
    ("0912", "@"),
    ("Luật", '"văn bản: "@'),
    ("70%", "General"),
    ("ẩn", ";;;"),
    ("ẩn", ";;;@"),
    ("ẩn", 'General;General;General;"-"'),
)


@dataclass(frozen=True, slots=True)
class Formatted:
    value: Value
    format: str
    shown: str


def every() -> Sequence[tuple[Value, str]]:
    return (*DATES, *TIMES, *NUMBERS, *TEXTS)


def workbook(path: Path) -> Path:
    """Write one cell to a row, in column B: a text in column A keeps rows that show nothing."""
    book = openpyxl.Workbook()
    for number, (value, form) in enumerate(every(), start=1):
        book.active.cell(number, 1, "x")
        book.active.cell(number, 2, value).number_format = form
    book.save(path)
    return path


def recorded() -> Iterator[Formatted]:
    with GOLDEN.open(encoding="utf-8", newline="") as lines:
        for (value, form), row in zip(every(), csv.DictReader(lines), strict=True):
            assert (str(value), form) == (row["value"], row["format"]), (
                "the recorded texts are of other cells"
            )
            yield Formatted(value, form, row["shown"])


def shown_by_libreoffice(book: Path) -> list[str]:
    """Convert a workbook "as shown", with a profile of its own."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program is not None, "LibreOffice Calc is not installed"
    with tempfile.TemporaryDirectory(prefix="loa-office-") as folder:
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        subprocess.run([*command, SHOWN_AS_UTF8_CSV, "--outdir", folder, str(book)], check=True, timeout=110)
        (made,) = Path(folder).glob("*.csv")
        with made.open(encoding="utf-8-sig", newline="") as lines:
            return [row[1] for row in csv.reader(lines)]


def record() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shown = shown_by_libreoffice(workbook(Path(folder) / "formats.xlsx"))
    with GOLDEN.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["value", "format", "shown"])
        writer.writerows([value, form, text] for (value, form), text in zip(every(), shown, strict=True))


if __name__ == "__main__":
    record()
