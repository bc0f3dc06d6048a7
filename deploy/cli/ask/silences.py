"""Silences, which keep gaps out of mails for a time: show them, and end one."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.client import Services
from deploy.cli.console import CommandError, day, out, print_text
from shared.contracts.vocabulary import Stage
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.rules.words.wording import STAGES

SHOWN = 8  # characters of an id in the list


class NoSuchSilence(CommandError):
    def __init__(self, silence: str, count: int) -> None:
        super().__init__(
            f"Có {count} lệnh tạm dừng với mã bắt đầu bằng “{silence}”; xem mã bằng `loa silences list`.",
            f"There {agreeing(count, 'is', 'are')} {counted(count, 'silence')} whose id begins with '{silence}'; `loa silences list` shows the ids.",
        )


def end(services: Services, beginning: str) -> None:
    """End the one silence whose id begins like this; `NoSuchSilence` if there is not exactly one.

    An empty beginning fits every silence and ends none.
    """
    ids = [item["silence_id"] for item in services.get("notifier", "/silences")["silences"]]
    matching = [
        silence_id
        for silence_id in ids
        if beginning.strip() and silence_id.startswith(beginning.strip().lower())
    ]
    if len(matching) != 1:
        raise NoSuchSilence(beginning, len(matching))
    ended = services.send("DELETE", "notifier", f"/silences/{matching[0]}").json()
    print_text(Text(f"Đã kết thúc tạm dừng: {_about(ended).vi}.", f"Ended: {_about(ended).en}."))


def show(silences: Sequence[Mapping[str, Any]]) -> None:
    if not silences:
        print_text(Text("Không có nội dung nào đang tạm dừng nhắc.", "There are no silences."))
        return
    table = Table(
        "Mã / Id", "Nội dung / What", "Từ / From", "Đến hết / Until", "Lý do / Reason", "Người / By"
    )
    for mute in silences:
        about = _about(mute)
        until = f"{day(mute['last_day'])}{' ×' if mute['lifted_at'] else ''}"
        table.add_row(
            mute["silence_id"][:SHOWN],
            escape(f"{about.vi} / {about.en}"),
            day(mute["first_day"]),
            until,
            escape(mute["reason"]),
            escape(mute["created_by"]),
        )
    out.print(table)


def _about(silence: Mapping[str, Any]) -> Text:
    """Name what a silence covers."""
    named = [silence[name] for name in ("unit_code", "draft_code") if silence[name]]
    stage = STAGES[Stage(silence["stage"])] if silence["stage"] else None
    if not named and stage is None:
        return Text("mọi nội dung", "everything")
    vi = [*named, *([stage.vi] if stage else [])]
    en = [*named, *([stage.en] if stage else [])]
    return Text(", ".join(vi), ", ".join(en))
