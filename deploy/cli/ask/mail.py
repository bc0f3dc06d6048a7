"""`loa preview`, `tick`, `hold`, `release` and `mail`: what the notifier sends, and why not."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.client import Services
from deploy.cli.console import CommandError, banners, listed, out, print_text
from shared.kernel.counted import counted
from shared.kernel.errors import Text

KINDS: Mapping[str, Text] = {
    "digest": Text("tổng hợp ngày", "digest"),
    "immediate": Text("gửi ngay", "immediate"),
    "weekly_list": Text("danh sách tuần", "weekly list"),
    "monthly_summary": Text("tổng hợp tháng", "monthly summary"),
}
SUPPRESSED: Mapping[str, Text] = {
    "alert_pending": Text("cảnh báo đang được ghi nhận", "its alert is being recorded"),
    "silenced": Text("đang tạm dừng nhắc", "silenced"),
    "snoozed": Text("đơn vị hẹn nhắc lại sau", "snoozed by the unit"),
    "draft_halted": Text("dự thảo tạm dừng, rút hoặc gộp", "the draft is suspended, withdrawn or merged"),
}
SKIPS: Mapping[str, Text] = {
    "not_a_working_day": Text("không phải ngày làm việc", "not a working day"),
    "before_hour": Text("chưa đến giờ gửi", "before the hour of sending"),
    "nothing_new": Text("không có gì mới", "nothing new"),
    "unsubscribed": Text(
        "người nhận đã dừng loại thư này", "the recipient has unsubscribed from this kind of mail"
    ),
    "not_this_day": Text(
        "chờ ngày trong tuần mà người nhận đã chọn", "waits for the day of the week that the recipient chose"
    ),
    "no_recipient": Text("đơn vị chưa có người nhận", "the unit has no recipient"),
    "already_sent": Text("hôm nay đã gửi", "already sent today"),
    "round_done": Text("thư của ngày đã được lập", "the mails of the day are complete"),
    "later_digest": Text("đã có thư của ngày sau", "a later mail was sent already"),
    "on_hold": Text("việc gửi thư đang được giữ lại", "sending is on hold"),
    "delivery_waiting": Text(
        "máy chủ thư chưa nhận, hệ thống sẽ gửi lại", "not accepted yet, tried again later"
    ),
    "delivery_failed": Text("máy chủ thư không nhận; xem `loa mail`", "not delivered; see `loa mail`"),
    "simulated": Text("chạy thử cho ngày đã qua, không gửi", "simulated for a past day, not sent"),
}


def show_tick(answer: Mapping[str, Any]) -> None:
    banners(answer)
    message = answer["message"]
    print_text(Text(message["vi"], message["en"]))
    _show_mails(answer["sent"])
    _show_skipped(answer["skipped"])


def show_switch(answer: Mapping[str, Any]) -> None:
    """Show whether sending is on hold, and the command that ends the hold."""
    if answer["held"]:
        print_text(
            Text(
                "Việc gửi thư đang được giữ lại; cho gửi bằng `loa release`.",
                "Sending is on hold; `loa release` ends the hold.",
            )
        )
    else:
        print_text(Text("Thư đến hạn sẽ được gửi.", "Mails that are due are sent."))


def acknowledge(services: Services, key: str | None, *, everything: bool) -> Any:
    """Mark one mail as seen, or all; `CommandError` unless exactly one of them is named."""
    if bool(key and key.strip()) == everything:
        raise CommandError(
            "Hãy nêu khóa của một thư, hoặc dùng --all cho tất cả thư.",
            "Name the key of one mail, or use --all for every mail.",
        )
    if everything:
        return services.post("notifier", "/outbox/acknowledge", {"all": True})
    return services.post("notifier", f"/outbox/{key}/acknowledge")


def withdraw_links(
    services: Services, reason: str, recipient: str | None, mail_key: str | None, unit: str | None
) -> Any:
    """Withdraw the links of one recipient, mail or unit; `CommandError` unless exactly one is named."""
    named = {"recipient_id": recipient, "mail_key": mail_key, "unit_code": unit}
    given = {name: value for name, value in named.items() if value}
    if len(given) != 1:
        raise CommandError(
            "Hãy nêu đúng một trong: --recipient, --mail, --unit.",
            "Name one of --recipient, --mail and --unit.",
        )
    return services.post("notifier", "/links/withdraw", {**given, "reason": reason})


def show_withdrawn(answer: Mapping[str, Any]) -> None:
    number = answer["links"]
    print_text(
        Text(
            f"Đã thu hồi {number} liên kết còn hiệu lực. Người nhận còn trong danh sách có thể nhận liên kết mới qua thư.",
            f"Withdrawn: {counted(number, 'link')} that could still be used. Recipients on the list can get new ones by mail.",
        )
    )


def show_acknowledged(answer: Mapping[str, Any]) -> None:
    number = answer["mails"]
    print_text(Text(f"Đã ghi nhận là đã xem: {number} thư.", f"Acknowledged: {counted(number, 'mail')}."))


def show_preview(answer: Mapping[str, Any], *, in_full: bool = False) -> None:
    """Show the mails that would be sent, and why others would not; `in_full` with their text."""
    banners(answer)
    mails: Sequence[Mapping[str, Any]] = answer["mails"]
    print_text(Text(f"Số thư sẽ gửi: {len(mails)}", f"Mails that would be sent: {len(mails)}"), style="bold")
    _show_mails(mails)
    _show_skipped(answer["skipped"])
    for entry in answer.get("unsaid", ()):
        why = SUPPRESSED.get(entry["reason"], Text(entry["reason"], entry["reason"]))
        about = f"{entry['unit_code']} {entry['draft_code']}"
        print_text(Text(f"Không nhắc {about}: {why.vi}", f"Not included, {about}: {why.en}"))
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
        text = SKIPS.get(reason, Text(reason, reason))
        units = listed(sorted({str(item["unit_code"]) for item in items if item.get("unit_code")}))
        where = f" ({units})" if units else ""
        print_text(Text(f"Không gửi{where}: {text.vi}", f"Not sent{where}: {text.en}"))


def _reason(item: Mapping[str, Any]) -> str:
    return str(item["reason"])
