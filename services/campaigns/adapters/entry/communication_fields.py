"""The fields of a communication on a form: how they are called, read, and filled from what is recorded."""

from collections.abc import Mapping
from typing import Any

from services.campaigns.domain.communication import MOST_PEOPLE, MOST_REACHED, Stated
from services.campaigns.domain.plan import MOST_MONEY
from shared.bulk_import.row_parsing import written_words
from shared.contracts.vocabulary import Channel, CommunicationRole, ContentItem
from shared.directory.folds import DraftCard
from shared.kernel.errors import Text
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.forms import Fields
from shared.pages.help import Help
from shared.rules.facts import WHOLE_DRAFT
from shared.rules.sequence import DayInFuture, NotFirstDay

MOST_TITLE, MOST_WORDS = 2000, 2000
LABELS: Mapping[str, Text] = {
    "held_on": Text("Ngày thực hiện", "Held on"),
    "channel": Text("Hình thức truyền thông", "Channel"),
    "title": Text("Tên hoạt động hoặc tên bài", "Title"),
    "policies": Text("Chính sách đã truyền thông", "Policies that it was about"),
    "role": Text("Vai trò của đơn vị", "Role of the unit"),
    "content": Text("Nội dung đã truyền thông", "Content that was communicated"),
    "activity_id": Text("Hoạt động trong kế hoạch", "Planned activity"),
    "url": Text("Đường dẫn bài viết, tin, video", "Link"),
    "place": Text("Địa điểm", "Place"),
    "attendance": Text("Số lượt người tham dự", "Attendance"),
    "audience": Text("Đối tượng", "Audience"),
    "area": Text("Địa bàn", "Area"),
    "coordinating_units": Text("Đơn vị phối hợp", "Coordinating units"),
    "items": Text("Số sản phẩm, số lượt phát", "Number of items"),
    "reach_count": Text("Số lượt tiếp cận", "Reach"),
    "cost_state": Text("Kinh phí ngân sách nhà nước (đồng)", "Cost, state budget (đồng)"),
    "cost_social": Text("Kinh phí xã hội hóa (đồng)", "Cost, other sources (đồng)"),
    "reason": Text("Lý do đính chính", "Reason of the correction"),
}
RECORDING = Text("Ghi nhận truyền thông", "Record a communication")
CORRECTING = Text("Đính chính hoạt động truyền thông", "Correct a communication")
HELP = Help(
    "communication",
    RECORDING,
    Text(
        "Ghi nhận một hoạt động đã thực hiện: cơ quan chủ trì truyền thông dự thảo của mình, hoặc đơn vị khác hỗ trợ, phối hợp. "
        "Nội dung đã truyền thông chọn theo sáu nội dung của Quyết định số 407/QĐ-TTg.",
        "Records what was done: by the drafting body, or by another unit that supports it or works with it. Tick which of the "
        "six items of Decision 407/QĐ-TTg were communicated.",
    ),
    {name: label for name, label in LABELS.items() if name != "reason"},
    Text(
        "Trang tiếp theo cho biết hoạt động được tính cho giai đoạn nào, trong hay sau thời hạn. Việc hỗ trợ của đơn vị khác không "
        "tính vào việc truyền thông của cơ quan chủ trì.",
        "The next page says for which stage it counts, in time or late. Support by others does not count for the drafting body.",
    ),
)
CORRECTION_HELP = Help(
    "correction",
    CORRECTING,
    Text(
        "Sửa hoạt động đã ghi nhầm, kèm lý do. Nội dung mới thay toàn bộ nội dung cũ; bản cũ vẫn còn trong lịch sử.",
        "Corrects what was recorded wrongly, with the reason. The new content replaces the old, which the history keeps.",
    ),
    LABELS,
)
MORE = (
    *("place", "attendance", "audience", "area", "coordinating_units", "items"),
    *("reach_count", "cost_state", "cost_social"),
)
COUNTS = {
    "attendance": MOST_PEOPLE,
    "items": MOST_PEOPLE,
    "reach_count": MOST_REACHED,
    "cost_state": MOST_MONEY,
    "cost_social": MOST_MONEY,
}
LISTS = ("audience", "area", "coordinating_units")
FIELDS = {DayInFuture.code: "held_on", NotFirstDay.code: "held_on"}
NO_POLICY = Text(
    "Đề nghị chọn ít nhất một chính sách, hoặc toàn văn dự thảo.",
    "Please choose at least one policy, or the whole draft.",
)
SUPPORTING: Mapping[str, Text] = {
    CommunicationRole.SUPPORT: Text("Hỗ trợ, tuyên truyền tại địa bàn", "Support"),
    CommunicationRole.COORDINATING: Text(
        "Phối hợp với cơ quan chủ trì (chờ cơ quan chủ trì xác nhận)",
        "With the lead unit (which has to confirm it)",
    ),
}


def policy_options(card: DraftCard) -> dict[str, Text]:
    """Offer each policy, and the whole draft; nothing to choose where the draft has no policies."""
    if not card.policies:
        return {}
    whole = Text("Toàn văn dự thảo (tất cả chính sách)", "The whole draft (all policies)")
    named = {
        str(number): Text(f"Chính sách {number}. {title}", f"Policy {number}")
        for number, title in card.policies
    }
    return {**named, str(WHOLE_DRAFT): whole}


def read(form: Fields, card: DraftCard) -> dict[str, Any]:
    """Read all fields, so that everything that has to be corrected is named at once."""
    dated = date_in_boxes(form, "held_on")
    values: dict[str, Any] = {
        "held_on": dated[0] if dated else None,
        "precision": dated[1] if dated else None,
        "channel": form.one_of("channel", Channel),
        "title": form.words("title", MOST_TITLE),
        "policies": _policies(form, card),
        "url": form.address("url", MOST_WORDS),
        "activity_id": form.text("activity_id") or None,
        "content": _content(form),
        "place": form.words("place", MOST_WORDS, required=False),
        **{name: form.words(name, MOST_WORDS, required=False) for name in LISTS},
        **{name: form.count(name, most) for name, most in COUNTS.items()},
    }
    if form.given.get("role"):
        values["role"] = form.one_of("role", CommunicationRole)
    return values


def _policies(form: Fields, card: DraftCard) -> tuple[int, ...] | None:
    offered = policy_options(card)
    chosen = tuple(int(value) for value in form.chosen("policies") if value in offered)
    if offered and not chosen:
        form.errors["policies"] = NO_POLICY
        return None
    return chosen


def _content(form: Fields) -> tuple[ContentItem, ...] | None:
    chosen = set(form.chosen("content"))
    return tuple(item for item in ContentItem if item.value in chosen) or None


def written(activity: Stated, card: DraftCard) -> dict[str, list[str]]:
    """Fill the fields with what is recorded."""
    whole = [str(WHOLE_DRAFT)] if card.policies else []
    given: dict[str, list[str]] = {
        **in_boxes("held_on", activity.held_on, activity.precision),
        "channel": [activity.channel],
        "title": [activity.title],
        "policies": [str(number) for number in activity.policies] or whole,
        "content": [*(activity.content or ())],
    }
    for name in ("url", "place", "activity_id", *COUNTS):
        value = getattr(activity, name)
        given[name] = [] if value is None else [str(value)]
    for name in LISTS:
        given[name] = [written_words(getattr(activity, name) or ())]
    return given
