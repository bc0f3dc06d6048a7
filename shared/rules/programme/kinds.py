"""Every kind of entry of a programme, registered once: what it follows, needs and counts for, who may, and its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args

from shared.contracts.programme import ProgrammeEvent
from shared.contracts.vocabulary import ProgrammeKind
from shared.kernel.errors import Text
from shared.rules.programme.groups import ProgrammeGroup
from shared.rules.rights.actions import Action

Kind = ProgrammeKind
SCHEME_YEARS = 5  # of Decision 407/QĐ-TTg, which runs from 2022 to 2027: a plan of 2022 is still one of 2027


class Writer(StrEnum):
    """Who enters a kind besides who supervises the unit of the programme.

    `unit`: that unit. `above`: it, or one that stands above it or follows its work. `lead`: it, or the unit that leads what
    is followed. `owing`: the unit that is to do what is followed. `asked`: it, any unit that an obstacle was sent to, or one
    that stands above it.
    """

    UNIT = "unit"
    ABOVE = "above"
    OWING = "owing"
    LEAD = "lead"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Years:
    """The days of an entry: from `before` years before the year of the programme to `after` years after it."""

    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKind:
    """`group` is None of what changes entries of any group, or asks for a change. `has_state`: something is owed until it is done. `requires`: fields that must be given. `years` None: any day.

    `once`: there is one such follow-up of an entry; to change it, it is corrected.
    """

    event: type[ProgrammeEvent]
    group: ProgrammeGroup | None
    words: Text
    follows: frozenset[Kind] = frozenset()
    requires: tuple[str, ...] = ()
    writer: Writer = Writer.UNIT
    years: Years | None = None
    has_state: bool = False
    once: bool = False

    @property
    def kind(self) -> Kind:
        return Kind(self.event.name)

    @property
    def action(self) -> Action:
        """The row of the table of rights that says who may enter it."""
        if self.kind in CHANGES:
            return CHANGES[self.kind]
        return Action.FOLLOW_PROGRAMME_ENTRY if self.follows else Action.ENTER_PROGRAMME

    @property
    def follows_first(self) -> Kind:
        """The kind that a follow-up usually follows: the first of them in the order of the list."""
        return next(kind for kind in Kind if kind in self.follows)


_EVENTS: Mapping[Kind, type[ProgrammeEvent]] = {Kind(model.name): model for model in get_args(ProgrammeEvent)}
CHANGES: Mapping[Kind, Action] = {
    Kind.ENTRY_CORRECTED: Action.CORRECT_PROGRAMME_ENTRY,
    Kind.ENTRY_CANCELLED: Action.CANCEL_PROGRAMME_ENTRY,
}
"""The kinds that change an entry of any kind, with the rows of the table of rights that say who may."""
_CHANGED = frozenset(Kind) - CHANGES.keys()
_IN_YEAR = Years()
_TASK, _INSPECTION = frozenset({Kind.TASK_ASSIGNED}), frozenset({Kind.INSPECTION_CONDUCTED})
_OBSTACLE = frozenset({Kind.OBSTACLE_RAISED})
ABOUT_TIME = (Kind.EXTENSION_REQUESTED, Kind.TASK_EXTENDED, Kind.EXTENSION_REFUSED)
"""What is said about a due day: asked for, given and refused."""
EXTENDABLE = _TASK | _INSPECTION | {Kind.FINDING_RECORDED, Kind.REPORT_REQUIRED}
"""What has a due day that may be moved: of a required report, that of one unit and period."""
_registered: dict[Kind, EntryKind] = {}


def _register(kind: Kind, group: ProgrammeGroup | None, vi: str, en: str, **more: Any) -> None:
    _registered[kind] = EntryKind(event=_EVENTS[kind], group=group, words=Text(vi, en), **more)


_register(
    Kind.PLAN_ADOPTED,
    ProgrammeGroup.LEADERSHIP,
    "Ban hành kế hoạch",
    "Plan adopted",
    years=Years(before=SCHEME_YEARS),
)
_register(
    Kind.DIRECTIVE_ISSUED,
    ProgrammeGroup.LEADERSHIP,
    "Ban hành văn bản chỉ đạo",
    "Directive issued",
    years=Years(before=SCHEME_YEARS),
)
_register(Kind.ADVICE_GIVEN, ProgrammeGroup.ADVICE, "Tham mưu, hướng dẫn", "Advice given", years=_IN_YEAR)
_register(
    Kind.OBSTACLE_RAISED,
    ProgrammeGroup.ADVICE,
    "Khó khăn, vướng mắc được phản ánh",
    "Obstacle raised",
    years=_IN_YEAR,
    has_state=True,
)
_register(
    Kind.OBSTACLE_RECEIVED,
    ProgrammeGroup.ADVICE,
    "Tiếp nhận khó khăn, vướng mắc",
    "Obstacle received",
    follows=_OBSTACLE,
    writer=Writer.ASKED,
)
_register(
    Kind.OBSTACLE_FORWARDED,
    ProgrammeGroup.ADVICE,
    "Chuyển khó khăn, vướng mắc đến cơ quan có thẩm quyền",
    "Obstacle forwarded",
    follows=_OBSTACLE,
    requires=("lead_unit_code",),
    writer=Writer.ASKED,
)
_register(
    Kind.OBSTACLE_DECIDED,
    ProgrammeGroup.ADVICE,
    "Quyết định giải quyết khó khăn, vướng mắc",
    "Obstacle decided",
    follows=_OBSTACLE,
    writer=Writer.ASKED,
    once=True,
)
_register(
    Kind.OBSTACLE_ANSWERED,
    ProgrammeGroup.ADVICE,
    "Trả lời đơn vị phản ánh khó khăn, vướng mắc",
    "Unit told the outcome of its obstacle",
    follows=_OBSTACLE,
    writer=Writer.ASKED,
)
_register(
    Kind.TASK_ASSIGNED,
    ProgrammeGroup.DRAFTING,
    "Giao nhiệm vụ",
    "Task assigned",
    years=Years(before=1),
    has_state=True,
)
_register(
    Kind.TASK_PROGRESSED,
    ProgrammeGroup.DRAFTING,
    "Cập nhật tiến độ nhiệm vụ",
    "Progress of a task",
    follows=_TASK,
    requires=("percent",),
    writer=Writer.LEAD,
)
_register(
    Kind.TASK_EXTENDED,
    ProgrammeGroup.DRAFTING,
    "Gia hạn",
    "More time given",
    follows=EXTENDABLE,
    requires=("due_on", "reason"),
    writer=Writer.ABOVE,
)
_register(
    Kind.TASK_REPORTED,
    ProgrammeGroup.DRAFTING,
    "Báo cáo kết quả nhiệm vụ",
    "Task reported",
    follows=_TASK,
    writer=Writer.LEAD,
)
_register(
    Kind.TASK_ACCEPTED,
    ProgrammeGroup.DRAFTING,
    "Chấp nhận kết quả nhiệm vụ",
    "Task accepted",
    follows=_TASK,
)
_register(
    Kind.TASK_RETURNED,
    ProgrammeGroup.DRAFTING,
    "Đề nghị bổ sung kết quả nhiệm vụ",
    "Task sent back",
    follows=_TASK,
    requires=("reason",),
)
_register(
    Kind.INSPECTION_CONDUCTED,
    ProgrammeGroup.INSPECTION,
    "Kiểm tra",
    "Inspection conducted",
    years=_IN_YEAR,
    has_state=True,
)
_register(
    Kind.FINDING_RECORDED,
    ProgrammeGroup.INSPECTION,
    "Nội dung cần khắc phục sau kiểm tra",
    "Finding recorded",
    follows=_INSPECTION,
    has_state=True,
)
_register(
    Kind.FINDING_FOLLOWED_UP,
    ProgrammeGroup.INSPECTION,
    "Khắc phục nội dung sau kiểm tra",
    "Finding mended",
    follows=_INSPECTION | {Kind.FINDING_RECORDED},
    writer=Writer.LEAD,
)
_register(
    Kind.REPORT_SUBMITTED,
    ProgrammeGroup.INSPECTION,
    "Gửi báo cáo",
    "Report submitted",
    years=Years(after=1),
    has_state=True,
)
_register(
    Kind.REPORT_REQUIRED,
    ProgrammeGroup.INSPECTION,
    "Yêu cầu báo cáo định kỳ",
    "Report required",
    requires=("report_period",),
    years=Years(before=1),
)
_register(
    Kind.REPORT_RECEIVED,
    ProgrammeGroup.INSPECTION,
    "Tiếp nhận báo cáo",
    "Report received",
    follows=frozenset({Kind.REPORT_SUBMITTED}),
    writer=Writer.LEAD,
    once=True,
)
_register(Kind.TRAINING_HELD, ProgrammeGroup.STAFF, "Tập huấn, bồi dưỡng", "Training held", years=_IN_YEAR)
_register(
    Kind.REPORTER_LISTED,
    ProgrammeGroup.STAFF,
    "Báo cáo viên, tuyên truyền viên pháp luật",
    "Legal reporters listed",
    years=Years(before=SCHEME_YEARS),
)
_register(
    Kind.CONTRIBUTION_RECEIVED,
    ProgrammeGroup.RESOURCES,
    "Nguồn lực xã hội hóa",
    "Contribution received",
    years=_IN_YEAR,
)
_register(
    Kind.EXTENSION_REQUESTED,
    None,
    "Đề nghị gia hạn",
    "More time asked for",
    follows=EXTENDABLE,
    requires=("due_on", "reason", "happened_on"),
    writer=Writer.OWING,
    has_state=True,
)
_register(
    Kind.EXTENSION_REFUSED,
    None,
    "Không gia hạn",
    "More time refused",
    follows=EXTENDABLE,
    requires=("reason", "happened_on"),
    writer=Writer.ABOVE,
)
_register(
    Kind.ENTRY_CORRECTED,
    None,
    "Đính chính",
    "Entry corrected",
    follows=_CHANGED,
    requires=("reason",),
)
_register(
    Kind.ENTRY_CANCELLED,
    None,
    "Hủy",
    "Entry cancelled",
    follows=_CHANGED,
    requires=("reason",),
)

KINDS: Mapping[Kind, EntryKind] = MappingProxyType({kind: _registered[kind] for kind in Kind})
FOLLOWED = frozenset(kind for item in KINDS.values() if item.follows != _CHANGED for kind in item.follows)
"""The kinds that have follow-ups of their own."""
WITH_STATE = frozenset(kind for kind, item in KINDS.items() if item.has_state)
