"""What the notifier would send, and what it did send, as words for the terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from deploy.cli.console import banners, day, out, say
from shared.errors import Text

SKIPS: Mapping[str, Text] = {
    "not_a_working_day": Text("không phải ngày làm việc", "not a working day"),
    "before_hour": Text("chưa đến giờ gửi", "before the hour of sending"),
    "nothing_new": Text("không có gì mới", "nothing new"),
    "no_recipient": Text("đơn vị chưa có người nhận", "the unit has no recipient"),
    "already_sent": Text("hôm nay đã gửi", "already sent today"),
    "later_digest": Text("đã có thư của ngày sau", "a later mail has gone out"),
    "simulated": Text("chạy thử cho ngày đã qua, không gửi", "simulated for a past day, not sent"),
}


def show_tick(answer: Mapping[str, Any]) -> None:
    banners(answer)
    if message := answer.get("message"):
        say(Text(message["vi"], message["en"]))
    sent: Sequence[Mapping[str, Any]] = answer["sent"]
    say(
        Text(
            f"Ngày {day(answer['day'])}: {len(sent)} thư đã được lập.",
            f"{day(answer['day'])}: {len(sent)} mails were made.",
        )
    )
    show_skipped(answer["skipped"])


def show_skipped(skipped: Sequence[Mapping[str, Any]]) -> None:
    for reason, number in Counter(str(item["reason"]) for item in skipped).items():
        words = SKIPS.get(reason, Text(reason, reason))
        say(Text(f"Không gửi ({number}): {words.vi}", f"Not sent ({number}): {words.en}"))


def show_preview(answer: Mapping[str, Any]) -> None:
    """Show which mails would go out; fields that the notifier does not give stay empty."""
    banners(answer)
    mails: Sequence[Mapping[str, Any]] = answer.get("digests") or answer.get("mails") or ()
    say(Text(f"Số thư sẽ gửi: {len(mails)}", f"Mails that would go out: {len(mails)}"), style="bold")
    if mails:
        table = Table("Đơn vị / Unit", "Vai trò / Role", "Tiêu đề / Subject")
        for item in mails:
            role = item.get("role") or item.get("recipient_role") or ""
            table.add_row(str(item.get("unit_code", "")), str(role), str(item.get("subject", "")))
        out.print(table)
    show_skipped(answer.get("skipped") or ())
