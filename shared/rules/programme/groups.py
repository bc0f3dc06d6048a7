"""The eight groups of problems that a province solves to carry out Decision 407/QĐ-TTg (paper of Quảng Ninh, 2022)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.kernel.errors import Text


class ProgrammeGroup(StrEnum):
    """In the order of the paper, in which they are numbered from 1."""

    LEADERSHIP = "leadership"
    ADVICE = "advice"
    DRAFTING = "drafting"
    INSPECTION = "inspection"
    CONTENT = "content"
    FORMS = "forms"
    STAFF = "staff"
    RESOURCES = "resources"

    @property
    def number(self) -> int:
        return _NUMBERS[self]

    @property
    def words(self) -> Text:
        return GROUP_WORDS[self]


_NUMBERS = {group: number for number, group in enumerate(ProgrammeGroup, start=1)}
GROUP_WORDS: Mapping[ProgrammeGroup, Text] = MappingProxyType(
    {
        ProgrammeGroup.LEADERSHIP: Text("Lãnh đạo, chỉ đạo", "Leadership and direction"),
        ProgrammeGroup.ADVICE: Text(
            "Tham mưu, hướng dẫn, giải quyết khó khăn, vướng mắc", "Advice, and obstacles solved"
        ),
        ProgrammeGroup.DRAFTING: Text(
            "Cơ quan chủ trì soạn thảo thực hiện truyền thông", "Communication by the drafting bodies"
        ),
        ProgrammeGroup.INSPECTION: Text("Theo dõi, kiểm tra, báo cáo", "Following, inspecting, reporting"),
        ProgrammeGroup.CONTENT: Text("Nội dung truyền thông", "Content of communication"),
        ProgrammeGroup.FORMS: Text(
            "Hình thức truyền thông theo đối tượng, địa bàn", "Forms of communication by audience and area"
        ),
        ProgrammeGroup.STAFF: Text("Tập huấn, đội ngũ báo cáo viên", "Staff trained, legal reporters"),
        ProgrammeGroup.RESOURCES: Text("Nguồn lực xã hội hóa", "Social resources"),
    }
)
