"""Changes of a unit in words: what was recorded, and what holds of the unit without it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shared.contracts import registry as events
from shared.contracts.vocabulary import SuccessionKind, SupervisionKind
from shared.directory import folds
from shared.kernel.errors import Text

Names = Mapping[str, str]  # units by their codes, as they are called today

SUCCESSIONS: Mapping[SuccessionKind, Text] = {
    SuccessionKind.MERGE: Text("Sáp nhập", "Merged"),
    SuccessionKind.SPLIT: Text("Chia, tách", "Split"),
    SuccessionKind.RENAME: Text("Đổi tên thành đơn vị mới", "Renamed into a new unit"),
    SuccessionKind.RECLASSIFY: Text("Chuyển loại hình", "Reclassified"),
    SuccessionKind.DISSOLVE: Text("Giải thể", "Dissolved"),
}
SUPERVISIONS: Mapping[SupervisionKind, Text] = {
    SupervisionKind.JUSTICE_BODY: Text("cơ quan tư pháp, pháp chế", "justice body"),
    SupervisionKind.COUNCIL: Text("hội đồng phối hợp", "council"),
    SupervisionKind.SUPERVISOR: Text("cơ quan cấp trên", "supervisor"),
}
GONE = Text(
    "Thay đổi này được coi là chưa từng có, kể cả cho những ngày đã qua; số liệu, danh sách, quyền và thư nhắc từ nay theo đó. "
    "Lịch sử của đơn vị vẫn nêu thay đổi và lý do hủy.",
    "The change is held never to have been, also for days that have passed; figures, lists, rights and mails go by that from "
    "now on. The history of the unit still shows it, with the reason.",
)


def codes_in(change: Any) -> list[str]:
    """Give the other units that a change names."""
    names = ("parent_code", "to_code", "supervisor_code")
    return [code for name in names if (code := getattr(change, name, None)) is not None]


def words_of(change: Any, names: Names) -> Text:  # noqa: PLR0911  one sentence an event
    match change:
        case events.UnitRenamed():
            return _on(change.on, f"Đổi tên thành “{change.unit_name}”", f"Renamed: {change.unit_name}")
        case events.UnitMoved():
            return _on(change.on, *_below(change.parent_code, names))
        case events.UnitSucceeded():
            kind, to = SUCCESSIONS[change.kind], _named(change.to_code, names)
            return _on(change.on, f"{kind.vi}, đơn vị tiếp nhận: {to}", f"{kind.en}; {to} carries on")
        case events.UnitDissolved():
            return _on(change.on, "Giải thể, kết thúc hoạt động", "Dissolved")
        case events.UnitSupervisionSet():
            return _on(change.on, *_followed(change.kind, change.supervisor_code, names))
        case events.UnitTargetSet():
            percent = f"{change.target_percent:g}"
            return Text(
                f"Mục tiêu năm {change.year}: {percent.replace('.', ',')}%",
                f"Target of {change.year}: {percent}%",
            )
        case events.UnitAmended():
            return Text(
                f"Đính chính thông tin đăng ký: {change.reason}", f"Registration amended: {change.reason}"
            )
        case _:
            return Text("Thay đổi khác", "Another change")


def without(change: folds.DatedChange, after: folds.Unit, names: Names, today: date) -> Iterator[Text]:
    """Say what holds of a unit once a change of it is cancelled: `after` is the unit then."""
    day = max(change.on, today)
    match change:
        case events.UnitRenamed():
            name = after.name_on(day)
            yield Text(f"Tên của đơn vị khi đó là “{name}”.", f"The unit is called {name} then.")
        case events.UnitMoved():
            vi, en = _below(after.parent_on(day), names)
            yield Text(f"{vi}.", f"{en}.")
        case events.UnitSucceeded():
            yield from _not_carried_on(change.to_code, after.successors_on(day), names)
        case events.UnitDissolved():
            yield _until(after.last_day)
        case events.UnitSupervisionSet():
            vi, en = _followed(change.kind, after.named_on(day).get(change.kind), names)
            yield Text(f"{vi}.", f"{en}.")
    yield GONE


def _not_carried_on(to_code: str, others: tuple[str, ...], names: Names) -> Iterator[Text]:
    to = _named(to_code, names)
    if to_code in others:
        yield Text(
            f"{to} vẫn là đơn vị tiếp nhận, theo một lần ghi nhận khác.",
            f"{to} still carries on, by another record.",
        )
        return
    yield Text(f"{to} không tiếp nhận việc của đơn vị này nữa.", f"{to} carries on for the unit no longer.")
    if others:
        listed = "; ".join(_named(code, names) for code in others)
        yield Text(f"Đơn vị tiếp nhận còn lại: {listed}.", f"Who still carries on: {listed}.")
    else:
        yield Text(
            "Nhiệm vụ, vướng mắc, báo cáo chưa xong lại là việc của đơn vị này, và thư nhắc lại được gửi đến người nhận của đơn vị.",
            "What is open in programmes is for the unit to do again, and its own recipients get the mails.",
        )


def _until(last_day: date | None) -> Text:
    if last_day is None:
        return Text("Đơn vị không có ngày kết thúc.", "The unit has no last day.")
    return Text(
        f"Ngày kết thúc của đơn vị là {last_day:%d/%m/%Y}.",
        f"The last day of the unit is {last_day:%d/%m/%Y}.",
    )


def _on(day: date, vi: str, en: str) -> Text:
    return Text(f"{vi}, từ ngày {day:%d/%m/%Y}", f"{en}, from {day:%d/%m/%Y}")


def _below(parent_code: str | None, names: Names) -> tuple[str, str]:
    if parent_code is None:
        return "Đơn vị không trực thuộc đơn vị nào", "The unit stands below none"
    parent = _named(parent_code, names)
    return f"Đơn vị trực thuộc {parent}", f"The unit stands below {parent}"


def _followed(kind: SupervisionKind, code: str | None, names: Names) -> tuple[str, str]:
    role = SUPERVISIONS[kind]
    if code is None:
        return (
            f"Không đặt riêng {role.vi} theo dõi; áp dụng cơ quan theo dõi mặc định",
            f"No {role.en} is set; the default follows the unit",
        )
    return f"Theo dõi công tác truyền thông ({role.vi}): {_named(code, names)}", (
        f"Followed by {_named(code, names)} ({role.en})"
    )


def _named(code: str, names: Names) -> str:
    return names.get(code, code)
