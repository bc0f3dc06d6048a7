"""Shows the progress of an import and its result."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from deploy.cli.console import count, err, out, print_text
from deploy.cli.data.result import Finding, Progress, Result
from deploy.cli.data.sources import Source
from shared.kernel.counted import counted
from shared.kernel.errors import LoaError, Text

INTERRUPTED = Text(
    "Việc nhập bị ngắt giữa chừng. Các dòng đã ghi vẫn được giữ; hãy chạy lại đúng lệnh này: "
    "dòng đã có được bỏ qua, phần còn lại được ghi tiếp.",
    "The import was interrupted. What was recorded stays; run the same command again: "
    "rows that are recorded are skipped, the others are imported.",
)
NOTHING_CHANGED = Text(
    "Đây là bản chạy thử: chưa có gì được ghi. Bảng trên cho biết điều sẽ xảy ra khi nhập thật.",
    "This was a dry run: nothing was changed. The table shows what the import would do.",
)
FIX_REFUSED = Text(
    "Các dòng còn lại đã được ghi. Hãy sửa những dòng không nhận rồi chạy lại đúng lệnh này.",
    "The other rows are recorded. Correct the refused rows and run the same command again.",
)
NOTHING_IN = Text(
    "Chưa có dòng nào được ghi. Hãy sửa những điều nêu trên rồi chạy lại đúng lệnh này.",
    "No row was recorded. Correct what is listed above and run the same command again.",
)


@contextmanager
def watched(source: Source, title: str) -> Iterator[Progress]:
    """Show a progress bar in a terminal, else one plain line per request."""
    if not out.is_terminal:
        yield lambda label, rows: out.print(
            f"{title}: {label}, {rows} dòng / rows", markup=False, soft_wrap=True
        )
        return
    total = sum(sheet.size for sheet in source.sheets.values())
    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        *(TimeElapsedColumn(), TextColumn("còn / left"), TimeRemainingColumn()),
    )
    with Bar(*columns, console=out, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(label: str, rows: int) -> None:
            bar.update(task, advance=rows, description=f"{title}: {label}")

        yield advance


@contextmanager
def resumable() -> Iterator[None]:
    """After an interruption, print that the same command continues the import."""
    try:
        yield
    except (KeyboardInterrupt, LoaError):
        print_text(INTERRUPTED, style="yellow", to=err)
        raise


def report(finding: Finding) -> None:
    """Print a finding at once: findings are not collected, because there may be many."""
    if finding.refused:
        print_text(_sentence(finding, Text("không nhận", "refused")), style="red", to=err)
    else:
        print_text(_sentence(finding, Text("lưu ý", "note")), style="yellow")


def report_refused(finding: Finding) -> None:
    if finding.refused:
        report(finding)


def show(source: Source, result: Result, *, dry_run: bool = False) -> None:
    for name in source.unknown:
        print_text(
            Text(
                f"Bỏ qua {name}: không thuộc mẫu nhập.", f"{name} is ignored: not part of the import format."
            )
        )
    out.print(_summary(result))
    if dry_run:
        print_text(NOTHING_CHANGED, style="yellow")
        return
    if not result.complete:
        print_text(FIX_REFUSED if result.anything else NOTHING_IN, style="yellow")
    if result.last:
        print_text(
            Text(f"Vị trí cuối trong nhật ký: {result.last}", f"Last position in the log: {result.last}")
        )


def show_amended(amended: int, refused: int, *, dry_run: bool) -> None:
    """Say how many recorded rows differ from the files, and what becomes of them."""
    if dry_run:
        text = Text(
            f"{count(amended)} dòng khác với dữ liệu đã ghi (nêu trên); khi nhập thật với --update, các thay đổi này được ghi.",
            f"Different from the record: {counted(amended, 'row', count(amended))} (see above); the import with --update would amend what differs.",
        )
    else:
        text = Text(
            f"Đã ghi thay đổi của {count(amended - refused)} dòng; không nhận {count(refused)} dòng.",
            f"Amended: {counted(amended - refused, 'row', count(amended - refused))}; refused: {count(refused)}.",
        )
    print_text(text, style="yellow" if refused or dry_run else "green")


def _sentence(finding: Finding, verdict: Text) -> Text:
    vi, en = [finding.label], [finding.label]
    if finding.line:
        vi.append(f"dòng {finding.line}")
        en.append(f"line {finding.line}")
    if finding.column:
        vi.append(f"cột {finding.column} = “{finding.value}”")
        en.append(f"column {finding.column} = '{finding.value}'")
    why = Text(  # the column stands before it already
        finding.why.vi.removeprefix(f"cột “{finding.column}” "),
        finding.why.en.removeprefix(f"column '{finding.column}': "),
    )
    return Text(f"{', '.join(vi)}: {verdict.vi}: {why.vi}", f"{', '.join(en)}: {verdict.en}: {why.en}")


def _summary(result: Result) -> Table:
    table = Table("Tệp / File")
    for column in ("Đã ghi / Recorded", "Đã có / Unchanged", "Không nhận / Refused"):
        table.add_column(column, justify="right")
    for label, of_label in result.counts.items():
        table.add_row(
            escape(label), *(count(of_label[status]) for status in ("taken", "unchanged", "refused"))
        )
    return table
