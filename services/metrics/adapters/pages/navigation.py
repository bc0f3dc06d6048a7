"""The pages of lists by their paths and names, for the navigation of every page."""

from dataclasses import dataclass

from shared.kernel.errors import Text


@dataclass(frozen=True, slots=True)
class ListedPage:
    path: str
    name: Text
    summary: str


UNITS = ListedPage("/lists/units", Text("Đơn vị", "Units"), "Units: what each owes, its size, rate and trend")
GAPS = ListedPage("/lists/gaps", Text("Còn thiếu", "Gaps"), "Gaps: filtered, sorted, as CSV and calendar")
ACTIVITIES = ListedPage(
    "/lists/activities", Text("Hoạt động", "Activities"), "Activities by form, audience and area"
)
PROGRAMME = ListedPage(
    "/lists/programme", Text("Chương trình", "Programme"), "Programmes of a year by the eight groups"
)
COMING = ListedPage(
    "/lists/coming",
    Text("Sắp tới", "Coming up"),
    "Stages to come, planned activities, consultations without a plan",
)
QUALITY = ListedPage(
    "/lists/quality",
    Text("Chất lượng dữ liệu", "Data quality"),
    "Lists of what is incomplete, with who corrects it",
)
REPORTS = ListedPage(
    "/lists/reports",
    Text("Gửi báo cáo", "Reports sent"),
    "Required reports: who has sent, who is late, and the sums of what was sent",
)
PAGES = (UNITS, GAPS, ACTIVITIES, PROGRAMME, COMING, QUALITY, REPORTS)
