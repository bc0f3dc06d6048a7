"""`loa recover`: shows what a replaced log has lost, explains a restore, or accepts the log as it is."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.cli.backup import archive
from deploy.cli.client import ServiceRefused, Services
from deploy.cli.console import CommandError, count, listed, out, print_json, print_text
from deploy.nats.permissions import SERVICES
from shared.kernel.counted import counted
from shared.kernel.errors import Text

POLL = 0.3  # seconds between two questions
TIMEOUT = 3600.0  # seconds until the read models must be rebuilt
SHOWN = 20  # lost events that are listed

States = Mapping[str, Mapping[str, Any]]


class NothingToRecover(CommandError):
    """No service has seen another log."""

    def __init__(self) -> None:
        super().__init__(
            "Nhật ký trong NATS khớp với dữ liệu của mọi dịch vụ; không có gì phải quyết định.",
            "The log in NATS is the one that all rows come from; there is nothing to decide.",
        )


def states(services: Services) -> States:
    return {name: services.get(name, "/log") for name in SERVICES}


def is_open(logs: States) -> bool:
    return all(log["state"] == "open" for log in logs.values())


def show(services: Services, *, as_json: bool) -> bool:
    """Print what was seen and what is lost; return whether all is as it should be."""
    logs = states(services)
    if as_json:
        print_json({"logs": logs, "lost": {} if is_open(logs) else losses(services)})
        return is_open(logs)
    if is_open(logs):
        print_text(NothingToRecover().message, style="green")
        return True
    _print_seen(logs)
    _print_lost(losses(services))
    _print_choices()
    return False


def losses(services: Services) -> States:
    return {name: services.get(name, "/log/lost") for name in SERVICES}


def _print_seen(logs: States) -> None:
    for name, log in logs.items():
        for text in seen(name, log):
            print_text(text, style="red")
    log = next(iter(logs.values()))["log"]
    print_text(
        Text(
            f"Nhật ký hiện tại kết thúc ở vị trí {count(log['position'])}, được tạo lúc {log['created']}.",
            f"The present log ends at position {count(log['position'])} and was created at {log['created']}.",
        )
    )


def seen(name: str, log: Mapping[str, Any]) -> Iterator[Text]:
    """Say what a service has seen itself."""
    if log["kind"] is None:
        return
    at = count(log["rows"]["position"])
    yield Text(
        f"{name}: {log['meaning']['vi']}; dữ liệu đã dựng đến vị trí {at} ({log['detail']})",
        f"{name}: {log['meaning']['en']}; the rows are at position {at} ({log['detail']})",
    )


def _print_lost(lost: States) -> None:
    most = max(lost.values(), key=lambda part: (part["last"] or 0, part["events"]))
    if not most["events"]:
        print_text(
            Text(
                "Không dịch vụ nào còn danh sách sự kiện bị mất; so với bản sao lưu để biết.",
                "No service lists a lost event; compare with a backup.",
            )
        )
        return
    _print_summary(most)
    for event in most["newest"][-SHOWN:]:
        out.print(f"  {line(event)}", markup=False, soft_wrap=True)


def _print_summary(lost: Mapping[str, Any]) -> None:
    first, last, number = count(lost["first"]), count(lost["last"]), count(lost["events"])
    missing = counted(lost["events"], "acknowledged event", number)
    common = count(lost["common_position"])
    print_text(
        Text(
            f"Hai bên giống nhau đến vị trí {common}. Nhật ký hiện tại không có {number} sự kiện đã được xác nhận "
            f"(vị trí {first} đến {last}):",
            f"Both are the same up to position {common}. The present log lacks {missing} "
            f"(positions {first} to {last}):",
        )
    )
    kinds = listed(f"{kind} {number}" for kind, number in Counter(lost["by_type"]).most_common())
    print_text(Text(f"  loại: {kinds}", f"  types: {kinds}"))
    for name, vi, en in (("drafts", "dự thảo", "drafts"), ("units", "đơn vị", "units")):
        if lost[name]:
            codes = listed(lost[name])
            print_text(Text(f"  {vi}: {codes}", f"  {en}: {codes}"))


def line(event: Mapping[str, Any]) -> str:
    about = " ".join(str(event[name]) for name in ("draft_code", "unit_code", "actor") if event[name])
    _, context, aggregate, name = (*event["subject"].split(".", 3), "", "", "")[:4]
    return f"{event['position']} {event['recorded_at']} {context}.{name} {aggregate} {about}".rstrip()


def _print_choices() -> None:
    print_text(
        Text(
            "Việc ghi nhận và gửi thư đang dừng; dữ liệu cũ vẫn đọc được. Đừng dựng lại dữ liệu: đó là bằng chứng duy nhất. "
            "Chọn một: (1) trả lại đúng kho dữ liệu của NATS: hệ thống tự chạy tiếp; "
            "(2) `loa recover --restore-from BẢN_SAO_LƯU`: xem cách phục hồi; "
            '(3) `loa recover --go-on --reason "…"`: chấp nhận nhật ký hiện tại, các sự kiện trên mất hẳn.',
            "Recording and mailing have stopped; the old rows can be read. Do not rebuild: the rows are the only evidence. "
            "Choose: (1) put the right store of NATS back: the platform goes on by itself; "
            "(2) `loa recover --restore-from BACKUP`: shows how to restore; "
            '(3) `loa recover --go-on --reason "…"`: accept the present log, the events above are lost for good.',
        ),
        style="bold",
    )


def explain_restore(services: Services, path: Path) -> None:
    """Check a backup and say what a restore of it would bring back and how it is done."""
    with TemporaryDirectory(prefix="loa-recover-") as folder:
        manifest = archive.unpack(path, Path(folder))
    rows = max(log["rows"]["position"] for log in states(services).values())
    missing = max(0, rows - manifest.last_position)
    kept = counted(manifest.last_position, "event", count(manifest.last_position))
    print_text(
        Text(
            f"Bản sao lưu {path} nguyên vẹn, làm lúc {manifest.begun}, có {count(manifest.last_position)} sự kiện; "
            f"dữ liệu hiện có đến vị trí {count(rows)}, nên phục hồi sẽ thiếu {count(missing)} sự kiện cuối.",
            f"The backup {path} is intact, of {manifest.begun}, with {kept}; "
            f"the rows are at position {count(rows)}, so a restore lacks the last {counted(missing, 'event', count(missing))}.",
        )
    )
    print_text(
        Text(
            "Cách làm: 1) lưu kết quả `loa recover --json`; 2) dừng hệ thống, chuyển thư mục dữ liệu sang chỗ khác (không xóa); "
            f"3) `loa up` với thư mục mới; 4) `loa restore {path}`; 5) ghi lại các sự kiện bị thiếu theo danh sách đã lưu.",
            "How: 1) keep the output of `loa recover --json`; 2) stop the platform and move the data folder away (do not delete it); "
            f"3) `loa up` with a new folder; 4) `loa restore {path}`; 5) record the missing events again from the list.",
        )
    )


def go_on(services: Services, reason: str) -> None:
    """Accept the present log on every service, and wait until the rows are rebuilt and the fence is open."""
    if is_open(states(services)):
        raise NothingToRecover
    for name in SERVICES:
        services.post(name, "/log/decision", {"reason": reason})
    deadline = time.monotonic() + TIMEOUT
    with out.status("…") as view:
        while waiting := _waiting(services):
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Chưa dựng lại xong: {listed(waiting)}; xem `loa status`.",
                    f"Not rebuilt yet: {listed(waiting)}; see `loa status`.",
                )
            view.update(listed(waiting))
            time.sleep(POLL)
    print_text(
        Text(
            "Đã chấp nhận nhật ký hiện tại và dựng lại dữ liệu; quyết định, người quyết định và lý do được lưu. "
            "Việc gửi thư đang tạm giữ: xem `loa preview` rồi `loa release`.",
            "The present log is accepted and the rows are rebuilt; decision, person and reason are kept. "
            "Sending is on hold: look at `loa preview`, then run `loa release`.",
        ),
        style="green",
    )


def _waiting(services: Services) -> Sequence[str]:
    return [name for name in SERVICES if not _is_open(services, name)]


def _is_open(services: Services, name: str) -> bool:
    try:
        return bool(services.get(name, "/log")["state"] == "open")
    except ServiceRefused:
        return False
