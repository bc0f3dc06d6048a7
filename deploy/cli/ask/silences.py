"""`loa silences`: list, add and end silences, which keep gaps out of mails for a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from deploy.cli.console import CommandError, day, out, print_json, print_text
from deploy.cli.options import Json, Unit, Why, connected
from shared.contracts.vocabulary import Stage
from shared.errors import Text
from shared.rules.wording import STAGES

commands = typer.Typer(
    help="Tạm dừng nhắc một số nội dung. / Silences: gaps left out of mails for a time.", no_args_is_help=True
)

SHOWN = 8  # characters of an id in the list
Day = Annotated[
    datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Ngày cuối. / The last day (yyyy-mm-dd).")
]
First = Annotated[
    datetime | None,
    typer.Option(
        "--from", formats=["%Y-%m-%d"], help="Ngày đầu; mặc định hôm nay. / The first day; today if absent."
    ),
]


class NoSuchSilence(CommandError):
    def __init__(self, silence: str, found: int) -> None:
        super().__init__(
            f"Có {found} lệnh tạm dừng với mã bắt đầu bằng “{silence}”; xem mã bằng `loa silences list`.",
            f"There are {found} silences whose id begins with '{silence}'; `loa silences list` shows the ids.",
        )


@commands.command(name="list")
def list_silences(
    past: Annotated[bool, typer.Option("--past", help="Cả lệnh đã hết. / Expired ones too.")] = False,
    as_json: Json = False,
) -> None:
    """Các lệnh tạm dừng đang có. / The silences in force."""
    with connected() as services:
        answer = services.get("notifier", "/silences", past=past)
    if as_json:
        print_json(answer)
    else:
        show(answer["silences"])


@commands.command()
def add(
    until: Day,
    reason: Why,
    unit: Unit = None,
    draft: Annotated[str | None, typer.Option("--draft", help="Mã dự thảo. / Draft code.")] = None,
    stage: Annotated[Stage | None, typer.Option("--stage", help="Giai đoạn. / Stage.")] = None,
    first: First = None,
) -> None:
    """Tạm dừng nhắc; điều kiện đã nêu phải cùng đúng. / Add a silence; all given conditions must match."""
    body = {
        "last_day": f"{until:%Y-%m-%d}",
        "first_day": f"{first:%Y-%m-%d}" if first else None,
        "reason": reason,
        "unit_code": unit,
        "draft_code": draft,
        "stage": stage,
    }
    with connected() as services:
        show([services.post("notifier", "/silences", body)])


@commands.command()
def end(
    silence: Annotated[str, typer.Argument(help="Mã, hoặc phần đầu của mã. / The id, or how it begins.")],
) -> None:
    """Kết thúc sớm một lệnh tạm dừng; vẫn được lưu lại. / End a silence early; it stays on record."""
    with connected() as services:
        silences = services.get("notifier", "/silences")["silences"]
        meant = [one["silence_id"] for one in silences if one["silence_id"].startswith(silence.lower())]
        if len(meant) != 1:
            raise NoSuchSilence(silence, len(meant))
        ended = services.send("DELETE", "notifier", f"/silences/{meant[0]}").json()
    print_text(Text(f"Đã kết thúc tạm dừng: {_about(ended).vi}.", f"Ended: {_about(ended).en}."))


def show(silences: Sequence[Mapping[str, Any]]) -> None:
    if not silences:
        print_text(Text("Không có nội dung nào đang tạm dừng nhắc.", "There are no silences."))
        return
    table = Table(
        "Mã / Id", "Nội dung / What", "Từ / From", "Đến hết / Until", "Lý do / Reason", "Người / By"
    )
    for one in silences:
        about = _about(one)
        until = f"{day(one['last_day'])}{' ×' if one['lifted_at'] else ''}"
        table.add_row(
            one["silence_id"][:SHOWN],
            escape(f"{about.vi} / {about.en}"),
            day(one["first_day"]),
            until,
            escape(one["reason"]),
            escape(one["created_by"]),
        )
    out.print(table)


def _about(one: Mapping[str, Any]) -> Text:
    """Name what a silence covers."""
    named = [one[name] for name in ("unit_code", "draft_code") if one[name]]
    stage = STAGES[Stage(one["stage"])] if one["stage"] else None
    if not named and stage is None:
        return Text("mọi nội dung", "everything")
    vi = [*named, *([stage.vi] if stage else [])]
    en = [*named, *([stage.en] if stage else [])]
    return Text(", ".join(vi), ", ".join(en))
