"""What the notifier would send, and what it did send, as words for the terminal."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.console import banners, listed, out, say
from shared.errors import Text

KINDS: Mapping[str, Text] = {
    "digest": Text("tổng hợp ngày", "digest"),
    "immediate": Text("gửi ngay", "immediate"),
    "weekly_list": Text("danh sách tuần", "weekly list"),
    "monthly_summary": Text("tổng hợp tháng", "monthly summary"),
}
UNSAID: Mapping[str, Text] = {
    "silenced": Text("đang tạm dừng nhắc", "silenced"),
    "snoozed": Text("đơn vị hẹn nhắc lại sau", "snoozed by the unit"),
    "draft_halted": Text("dự thảo tạm dừng, rút hoặc gộp", "the draft is suspended, withdrawn or merged"),
}
SKIPS: Mapping[str, Text] = {
    "not_a_working_day": Text("không phải ngày làm việc", "not a working day"),
    "before_hour": Text("chưa đến giờ gửi", "before the hour of sending"),
    "nothing_new": Text("không có gì mới", "nothing new"),
    "unsubscribed": Text("người nhận đã dừng loại thư này", "the recipient has ended this kind of mail"),
    "not_this_day": Text(
        "chờ ngày trong tuần mà người nhận đã chọn", "waits for the day of the week that was chosen"
    ),
    "no_recipient": Text("đơn vị chưa có người nhận", "the unit has no recipient"),
    "already_sent": Text("hôm nay đã gửi", "already sent today"),
    "round_done": Text("thư của ngày đã được lập", "the mails of the day are made"),
    "later_digest": Text("đã có thư của ngày sau", "a later mail has gone out"),
    "on_hold": Text("việc gửi thư đang được giữ lại", "all sending is held"),
    "simulated": Text("chạy thử cho ngày đã qua, không gửi", "simulated for a past day, not sent"),
}


def show_tick(answer: Mapping[str, Any]) -> None:
    banners(answer)
    message = answer["message"]
    say(Text(message["vi"], message["en"]))
    _show_mails(answer["sent"])
    _show_skipped(answer["skipped"])


def show_switch(answer: Mapping[str, Any]) -> None:
    """Say whether mail goes out, and what the operator can do next."""
    if answer["held"]:
        say(
            Text(
                "Việc gửi thư đang được giữ lại; cho gửi bằng `loa release`.",
                "All sending is held; `loa release` lets it go.",
            )
        )
    else:
        say(Text("Thư đến hạn sẽ được gửi.", "Mail that is due goes out."))


def show_acknowledged(answer: Mapping[str, Any]) -> None:
    number = answer["mails"]
    say(Text(f"Đã ghi nhận là đã xem: {number} thư.", f"Noted as seen: {number} mail(s)."))


def show_preview(answer: Mapping[str, Any], *, in_full: bool = False) -> None:
    """Show which mails would go out, and why others would not; `in_full` each as it would be read."""
    banners(answer)
    mails: Sequence[Mapping[str, Any]] = answer["mails"]
    say(Text(f"Số thư sẽ gửi: {len(mails)}", f"Mails that would go out: {len(mails)}"), style="bold")
    _show_mails(mails)
    _show_skipped(answer["skipped"])
    for one in answer.get("unsaid", ()):
        why = UNSAID[one["reason"]]
        about = f"{one['unit_code']} {one['draft_code']}"
        say(Text(f"Không nhắc {about}: {why.vi}", f"Not spoken of {about}: {why.en}"))
    if answer.get("held"):
        show_switch(answer)
    for mail in mails if in_full else ():
        out.rule(escape(mail["subject"]))
        out.print(mail["text"], markup=False, highlight=False, soft_wrap=True)


def _show_mails(mails: Sequence[Mapping[str, Any]]) -> None:
    if not mails:
        return
    table = Table("Đơn vị / Unit", "Loại / Kind", "Tiêu đề / Subject")
    table.add_column("Dự thảo / Drafts")
    for mail in mails:
        drafts = listed(dict.fromkeys(line["draft_code"] for line in mail.get("lines", ())))
        kind = KINDS.get(mail.get("kind", "digest"), Text("", ""))
        table.add_row(mail["unit_code"], f"{kind.vi} / {kind.en}", escape(mail["subject"]), drafts)
    out.print(table)


def _show_skipped(skipped: Sequence[Mapping[str, Any]]) -> None:
    for reason, items in groupby(sorted(skipped, key=_reason), key=_reason):
        words = SKIPS.get(reason, Text(reason, reason))
        units = listed(sorted({str(item["unit_code"]) for item in items if item.get("unit_code")}))
        where = f" ({units})" if units else ""
        say(Text(f"Không gửi{where}: {words.vi}", f"Not sent{where}: {words.en}"))


def _reason(item: Mapping[str, Any]) -> str:
    return str(item["reason"])
