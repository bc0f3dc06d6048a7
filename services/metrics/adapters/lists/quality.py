"""The page of data quality: lists of what is incomplete, each with who corrects it and by which action."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.metrics.adapters.lists.listing import Kind, Linked, Rows, Share, Table, Value
from services.metrics.adapters.lists.page import Asked, ListPage, Sources, column
from services.metrics.adapters.pages.navigation import QUALITY
from services.metrics.application.list_ports import Evidence, Unnamed
from services.metrics.application.ports import Todo
from services.metrics.application.queries import Overview, counted_rows
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text

PATH = QUALITY.path
COLUMNS = (
    column("title", "Dự thảo", "Draft"),
    column("draft_code", "Mã", "Code", Kind.CODE),
    column("unit", "Ai bổ sung", "Who corrects it"),
    column("since", "Từ ngày", "Since", Kind.DAY),
    column("action", "Việc cần làm", "What to do"),
)
SUMMARY = (
    column("list", "Danh sách", "List"),
    column("rows", "Số dự thảo", "Drafts", Kind.NUMBER),
    column("owner", "Ai bổ sung", "Who corrects it"),
    column("action", "Việc cần làm", "What to do"),
)
EVIDENCE_COLUMNS = (
    column("unit", "Đơn vị thực hiện", "Performing unit"),
    column("communications", "Hoạt động đã ghi nhận", "Communications recorded", Kind.NUMBER),
    column("verified", "Đã được kiểm tra", "Verified", Kind.SHARE),
    column("without_url", "Chưa có đường dẫn", "Without a link", Kind.NUMBER),
    column("action", "Việc cần làm", "What to do"),
)
LEAD = Text("Cơ quan chủ trì soạn thảo", "The lead drafting body")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A list of drafts: its name, and the action that corrects it with the form where it is taken."""

    key: str
    title: Text
    action: Text
    form: str = ""


KINDS = (
    _Kind(
        "scope_undetermined",
        Text("Chưa xác định phạm vi Đề án 407", "Scope undetermined"),
        Text("Trả lời bốn tiêu chí", "Answer the four criteria"),
    ),
    _Kind(
        "closed_unopened",
        Text("Đã thông qua, chưa ghi nhận việc lấy ý kiến", "Adopted, consultation not recorded"),
        Text("Ghi nhận ngày lấy ý kiến", "Enter the day of the consultation"),
        "/stages",
    ),
    _Kind(
        "suspended_long",
        Text("Tạm dừng quá 180 ngày", "Suspended for more than 180 days"),
        Text("Xác nhận còn tạm dừng, tiếp tục hoặc rút", "Confirm, resume or withdraw"),
    ),
    _Kind(
        "unnamed",
        Text("Chưa nêu tên chính sách", "No policy is named"),
        Text("Thêm các chính sách của dự thảo", "Add the policies of the draft"),
        "/policies",
    ),
)


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
        unnamed = await snapshot.unnamed(question.as_of)
        evidence = await snapshot.evidence(question.as_of)
    own, units = overview.question, overview.units
    rows: dict[str, list[Todo | Unnamed]] = {"unnamed": [*counted_rows(unnamed, units, own)]}
    for todo in overview.todos:
        rows.setdefault(todo.kind, []).append(todo)
    tables = [_table(kind, rows.get(kind.key, []), overview, sources, asked) for kind in KINDS]
    proof = _evidence(counted_rows(evidence, units, own), overview, sources, asked)
    return ListPage(
        headline=_headline(tables, proof),
        tables=[_summary(tables), *tables, proof],
        overview=overview,
    )


def _headline(tables: Iterable[Table], proof: Table) -> Text:
    rows = sum(len(table.rows) for table in tables)
    without = sum(value for row in proof.rows if isinstance(value := row["without_url"], int))
    return Text(
        f"{rows} lượt dự thảo cần bổ sung số liệu; {without} hoạt động chưa có đường dẫn minh chứng",
        f"{counted(rows, 'draft')} {agreeing(rows, 'needs', 'need')} data; "
        f"{counted(without, 'communication')} without a link as evidence",
    )


def _summary(tables: Iterable[Table]) -> Table:
    actions = {kind.key: kind.action for kind in KINDS}
    return Table(
        key="summary",
        title=Text("Tổng hợp", "Summary"),
        columns=SUMMARY,
        rows=[
            {
                "list": Linked(table.title, f"#bang-{table.key}"),
                "rows": len(table.rows),
                "owner": LEAD,
                "action": actions[table.key],
            }
            for table in tables
        ],
    )


def _table(
    kind: _Kind, rows: Sequence[Todo | Unnamed], overview: Overview, sources: Sources, asked: Asked
) -> Table:
    def made(row: Todo | Unnamed) -> dict[str, Value]:
        return {
            "title": Linked(row.title, asked.link(f"/drafts/{row.draft_code}")),
            "draft_code": row.draft_code,
            "unit": overview.units.name(row.unit_code),
            "since": row.since if isinstance(row, Todo) else None,
            "action": Linked(kind.action, f"{sources.registry}/entry/drafts/{row.draft_code}{kind.form}"),
        }

    return Table(key=kind.key, title=kind.title, columns=COLUMNS, rows=Rows(rows, made))


def _evidence(rows: Iterable[Evidence], overview: Overview, sources: Sources, asked: Asked) -> Table:
    ordered = sorted(rows, key=lambda row: (-row.without_url, row.unit_code))
    return Table(
        key="evidence",
        title=Text("Minh chứng của hoạt động truyền thông", "Evidence of communications"),
        columns=EVIDENCE_COLUMNS,
        rows=[_proof(row, overview, sources, asked) for row in ordered],
        note=Text(
            "Đơn vị thực hiện bổ sung đường dẫn, tệp minh chứng; cơ quan theo dõi kiểm tra.",
            "The performing unit adds links and files; the following body verifies them.",
        ),
    )


def _proof(row: Evidence, overview: Overview, sources: Sources, asked: Asked) -> dict[str, Value]:
    return {
        "unit": Linked(
            overview.units.name(row.unit_code), asked.link(PATH, unit=row.unit_code, area_of=None)
        ),
        "communications": row.communications,
        "verified": Share(row.verified, row.communications),
        "without_url": row.without_url,
        "action": Linked(
            Text("Bổ sung minh chứng", "Add evidence"), f"{sources.campaigns}/entry/communications"
        ),
    }
