"""Registers the commands of `loa silences`."""

# ruff: noqa: PLC0415  a command imports what it needs when it runs: `loa --help` answers at once

from datetime import datetime
from typing import Annotated

import typer

from deploy.cli.console import print_json
from deploy.cli.options import Json, Unit, Why, connected
from shared.contracts.vocabulary import Stage

commands = typer.Typer(
    help="Tạm dừng nhắc một số nội dung. / Silences: gaps left out of mails for a time.", no_args_is_help=True
)

Day = Annotated[
    datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Ngày cuối. / The last day (yyyy-mm-dd).")
]
First = Annotated[
    datetime | None,
    typer.Option(
        "--from", formats=["%Y-%m-%d"], help="Ngày đầu; mặc định hôm nay. / The first day; today if absent."
    ),
]


@commands.command(name="list")
def list_silences(
    past: Annotated[bool, typer.Option("--past", help="Cả lệnh đã hết. / Expired ones too.")] = False,
    as_json: Json = False,
) -> None:
    """Các lệnh tạm dừng đang có. / The silences in force."""
    from deploy.cli.ask import silences

    with connected() as services:
        answer = services.get("notifier", "/silences", past=past)
    if as_json:
        print_json(answer)
    else:
        silences.show(answer["silences"])


@commands.command()
def add(
    until: Day,
    reason: Why,
    unit: Unit = None,
    draft: Annotated[str | None, typer.Option("--draft", help="Mã dự thảo. / Draft code.")] = None,
    stage: Annotated[Stage | None, typer.Option("--stage", help="Giai đoạn. / Stage.")] = None,
    first: First = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Tất cả đơn vị; chỉ người vận hành. / Every alert; operators only.")
    ] = False,
) -> None:
    """Tạm dừng nhắc; điều kiện đã nêu phải cùng đúng. / Add a silence; all given conditions must match."""
    body = {
        "last_day": f"{until:%Y-%m-%d}",
        "first_day": f"{first:%Y-%m-%d}" if first else None,
        "reason": reason,
        "unit_code": unit,
        "draft_code": draft,
        "stage": stage,
        "all": everything,
    }
    from deploy.cli.ask import silences

    with connected() as services:
        silences.show([services.post("notifier", "/silences", body)])


@commands.command()
def end(
    silence: Annotated[str, typer.Argument(help="Mã, hoặc phần đầu của mã. / The id, or how it begins.")],
) -> None:
    """Kết thúc sớm một lệnh tạm dừng; vẫn được lưu lại. / End a silence early; it stays on record."""
    from deploy.cli.ask import silences

    with connected() as services:
        silences.end(services, silence)
