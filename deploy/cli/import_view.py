"""How an import is shown while it runs, and what is said at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table

from deploy.cli.console import count, err, out, say
from deploy.cli.importing import Finding, Progress, Result
from deploy.cli.sheets import Source
from shared.errors import Text


@contextmanager
def watched(source: Source, title: str) -> Iterator[Progress]:
    """Show a bar when a person watches, and one plain line a file when not."""
    total = sum(len(sheet.rows) for sheet in source.sheets.values())
    if not out.is_terminal:
        yield lambda label, rows: out.print(
            f"{title}: {label}, {rows} dòng / rows", markup=False, soft_wrap=True
        )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=out, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(label: str, rows: int) -> None:
            bar.update(task, advance=rows, description=f"{title}: {label}")

        yield advance


def show(source: Source, result: Result) -> None:
    for name in source.unknown:
        say(Text(f"Bỏ qua {name}: không thuộc mẫu nhập.", f"{name} is left: not part of the import format."))
    for finding in result.warnings:
        say(_sentence(finding, Text("lưu ý", "note")), style="yellow")
    for finding in result.refused:
        say(_sentence(finding, Text("không nhận", "refused")), style="red", to=err)
    out.print(_summary(result))
    say(Text(f"Vị trí cuối trong nhật ký: {result.last}", f"Last position in the log: {result.last}"))


def _sentence(finding: Finding, verdict: Text) -> Text:
    vi, en = [finding.label], [finding.label]
    if finding.line:
        vi.append(f"dòng {finding.line}")
        en.append(f"line {finding.line}")
    if finding.column:
        vi.append(f"cột {finding.column} = “{finding.value}”")
        en.append(f"column {finding.column} = '{finding.value}'")
    return Text(
        f"{', '.join(vi)}: {verdict.vi}: {finding.why.vi}", f"{', '.join(en)}: {verdict.en}: {finding.why.en}"
    )


def _summary(result: Result) -> Table:
    table = Table("Tệp / File")
    for column in ("Đã ghi / Taken", "Đã có / Unchanged", "Không nhận / Refused"):
        table.add_column(column, justify="right")
    for label, counted in result.counts.items():
        table.add_row(
            escape(label), *(count(counted[status]) for status in ("taken", "unchanged", "refused"))
        )
    return table
