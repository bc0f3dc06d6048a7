"""Which fields the form of each kind of entry has, how they are called, read, and filled from what is entered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.campaigns.adapters.programmes.rows import MOST
from services.campaigns.domain.errors import (
    DraftNotYetRegistered,
    DueBeforeBegin,
    FollowsBefore,
    UnitNotYetRegistered,
)
from services.campaigns.domain.plan import MOST_MONEY
from services.campaigns.domain.programme_errors import NotLater, OutsideYear
from shared.contracts.programme import CONTENT, ProgrammeEvent
from shared.contracts.vocabulary import DuePrecision, Precision, ProgrammeKind, ReportPeriod
from shared.kernel.errors import Text
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.forms import Fields
from shared.pages.help import Help
from shared.rules.programme.due import first_due_day
from shared.rules.programme.kinds import ABOUT_TIME, KINDS
from shared.rules.sequence import DayInFuture, NotFirstDay

Kind = ProgrammeKind
MOST_TITLE, MOST_WORDS, MOST_CODE, HUNDRED, YEAR_OF_DAYS = 2000, 2000, 64, 100, 366
NAMES: Mapping[str, Text] = {
    "title": Text("Tên việc", "Title"),
    "document": Text("Văn bản (số, ký hiệu)", "Document"),
    "happened_on": Text("Ngày thực hiện", "Day"),
    "year_reason": Text(
        "Lý do ghi vào năm này, nếu ngày nằm ngoài năm", "Why this year, if the day lies outside it"
    ),
    "lead_unit_code": Text("Mã đơn vị", "Code of the unit"),
    "coordinating_text": Text("Đơn vị phối hợp", "Who coordinates"),
    "due_on": Text("Thời hạn hoàn thành", "Due by"),
    "coordinating_unit_codes": Text(
        "Mã các đơn vị (cách nhau bằng dấu phẩy)", "Codes of units (with commas)"
    ),
    "report_period": Text("Kỳ báo cáo", "Period"),
    "due_days": Text("Số ngày được gửi sau khi hết kỳ", "Days after a period until its report is due"),
    "period_from": Text("Từ ngày", "From"),
    "period_to": Text("Đến ngày", "To"),
    "product": Text("Sản phẩm, kết quả", "Product"),
    "quantity": Text("Số lượng", "Number"),
    "amount": Text("Kinh phí (đồng)", "Cost (đồng)"),
    "percent": Text("Tiến độ (%)", "Progress (%)"),
    "draft_code": Text("Mã dự thảo liên quan (nếu có)", "Draft (if any)"),
    "reason": Text("Lý do", "Reason"),
    "note": Text("Nội dung, ghi chú", "Content, note"),
}
DATES = ("happened_on", "due_on", "period_from", "period_to")
NUMBERS = {"quantity": MOST, "amount": MOST_MONEY, "percent": HUNDRED, "due_days": YEAR_OF_DAYS}
PERIODS: Mapping[ReportPeriod, Text] = {
    ReportPeriod.MONTH: Text("Hằng tháng", "Monthly"),
    ReportPeriod.QUARTER: Text("Hằng quý", "Quarterly"),
    ReportPeriod.HALF_YEAR: Text("06 tháng", "Half-yearly"),
    ReportPeriod.YEAR: Text("Hằng năm", "Yearly"),
    ReportPeriod.OWN: Text("Theo các ngày ghi dưới đây", "By the days given below"),
}
CHOICES: Mapping[str, Mapping[ReportPeriod, Text]] = {"report_period": PERIODS}
LISTS = ("coordinating_unit_codes",)
CODES = ("lead_unit_code", "draft_code")
LONG = ("note", "reason")
FIELDS = {
    DayInFuture.code: "happened_on",
    NotFirstDay.code: "happened_on",
    OutsideYear.code: "year_reason",
    FollowsBefore.code: "happened_on",
    DueBeforeBegin.code: "due_on",
    NotLater.code: "due_on",
    UnitNotYetRegistered.code: "lead_unit_code",
    DraftNotYetRegistered.code: "draft_code",
}


@dataclass(frozen=True, slots=True)
class EntryForm:
    """The fields of one kind in their order, those that must be filled in, and what they are called if not as usual."""

    names: tuple[str, ...]
    required: frozenset[str] = frozenset()
    own: Mapping[str, Text] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, Text]:
        return {name: self.own.get(name, NAMES[name]) for name in self.names}


def _form(*names: str, required: str = "", **own: Text) -> EntryForm:
    return EntryForm(names, frozenset(required.split()), own)


OF_REPORT = ("lead_unit_code", "period_from")
_REPORT_FIELDS = {
    "lead_unit_code": Text("Mã đơn vị gửi báo cáo", "Code of who reports"),
    "period_from": Text("Ngày đầu của kỳ báo cáo", "First day of the period"),
}
_DAY_AND_DOCUMENT = ("happened_on", "document")
_ISSUED = Text("Ngày ban hành", "Issued on")
FORMS: Mapping[Kind, EntryForm] = {
    Kind.PLAN_ADOPTED: _form(
        *("title", "document", "happened_on", "note", "year_reason"),
        required="title document happened_on",
        title=Text("Tên kế hoạch", "Title of the plan"),
        happened_on=_ISSUED,
    ),
    Kind.DIRECTIVE_ISSUED: _form(
        *("title", "document", "happened_on", "note", "year_reason"),
        required="title document happened_on",
        title=Text("Trích yếu văn bản", "Title of the document"),
        happened_on=_ISSUED,
    ),
    Kind.ADVICE_GIVEN: _form(
        *("title", "lead_unit_code", "document", "happened_on", "note", "year_reason"),
        required="title happened_on",
        title=Text("Nội dung tham mưu, hướng dẫn", "What the advice is about"),
        lead_unit_code=Text("Mã đơn vị được hướng dẫn (nếu có)", "Code of the advised unit (if any)"),
    ),
    Kind.OBSTACLE_RAISED: _form(
        *("title", "lead_unit_code", "draft_code", "note", "document", "happened_on", "year_reason"),
        required="title lead_unit_code happened_on",
        title=Text("Khó khăn, vướng mắc", "Obstacle"),
        lead_unit_code=Text("Mã cơ quan được đề nghị giải quyết", "Code of the unit that is asked"),
        note=Text("Nêu rõ nội dung và kiến nghị", "What stands in the way, and what is proposed"),
        happened_on=Text("Ngày nêu", "Raised on"),
    ),
    Kind.TASK_ASSIGNED: _form(
        *("title", "lead_unit_code", "coordinating_text", "due_on", "product", "draft_code"),
        *("document", "happened_on", "note", "year_reason"),
        required="title happened_on",
        title=Text("Nhiệm vụ", "Task"),
        lead_unit_code=Text(
            "Mã đơn vị chủ trì thực hiện (để trống nếu là đơn vị mình)",
            "Code of who leads it (empty: this unit)",
        ),
        product=Text("Sản phẩm", "Product"),
        happened_on=Text("Ngày giao", "Assigned on"),
    ),
    Kind.INSPECTION_CONDUCTED: _form(
        *("title", "lead_unit_code", "happened_on", "quantity", "due_on", "document", "note", "year_reason"),
        required="title happened_on",
        title=Text("Nội dung kiểm tra", "What was inspected"),
        lead_unit_code=Text("Mã đơn vị được kiểm tra", "Code of the inspected unit"),
        happened_on=Text("Ngày kiểm tra", "Inspected on"),
        quantity=Text("Số nội dung cần khắc phục", "Number of findings"),
        due_on=Text("Thời hạn khắc phục", "To be corrected by"),
    ),
    Kind.TRAINING_HELD: _form(
        *("title", "happened_on", "quantity", "amount", "document", "note", "year_reason"),
        required="title happened_on",
        title=Text("Nội dung tập huấn, bồi dưỡng", "Subject"),
        quantity=Text("Số lượt người tham dự", "Attendances"),
    ),
    Kind.REPORTER_LISTED: _form(
        *("title", "quantity", "happened_on", "document", "note", "year_reason"),
        required="title quantity happened_on",
        title=Text("Lĩnh vực, địa bàn (không ghi tên người)", "Field or area (no names)"),
        quantity=Text("Số người", "Number of persons"),
        happened_on=Text("Ngày công nhận", "Listed on"),
    ),
    Kind.CONTRIBUTION_RECEIVED: _form(
        *("title", "product", "quantity", "amount", "happened_on", "note", "year_reason"),
        required="title happened_on",
        title=Text("Nguồn đóng góp (tổ chức, nhóm)", "Source (organisation, group)"),
        product=Text("Hiện vật (nếu có)", "In kind (if any)"),
        amount=Text("Số tiền (đồng)", "Amount (đồng)"),
    ),
    Kind.REPORT_SUBMITTED: _form(
        *("title", "lead_unit_code", "document", "happened_on", "due_on", "note", "year_reason"),
        required="title happened_on",
        title=Text("Tên báo cáo", "Title of the report"),
        lead_unit_code=Text("Mã cơ quan nhận báo cáo", "Code of who receives it"),
        happened_on=Text("Ngày gửi", "Sent on"),
        due_on=Text("Hạn gửi", "Was due by"),
    ),
    Kind.REPORT_REQUIRED: _form(
        *(
            "title",
            "coordinating_unit_codes",
            "report_period",
            "due_days",
            "period_from",
            "period_to",
            "due_on",
        ),
        *("document", "happened_on", "note", "year_reason"),
        required="title coordinating_unit_codes report_period happened_on",
        title=Text("Tên báo cáo", "Title of the report"),
        coordinating_unit_codes=Text(
            "Mã các đơn vị phải báo cáo, cách nhau bằng dấu phẩy",
            "Codes of those who are to report, with commas",
        ),
        period_from=Text("Từ ngày (chỉ khi tự ghi kỳ báo cáo)", "From (of a period of your own)"),
        period_to=Text("Đến ngày (chỉ khi tự ghi kỳ báo cáo)", "To (of a period of your own)"),
        due_on=Text("Hạn gửi (chỉ khi tự ghi kỳ báo cáo)", "Due by (of a period of your own)"),
        due_days=Text(
            "Số ngày được gửi sau khi hết kỳ (trừ kỳ tự ghi)", "Days after a period (unless your own)"
        ),
        happened_on=_ISSUED,
    ),
    Kind.OBSTACLE_RECEIVED: _form(*_DAY_AND_DOCUMENT, "note"),
    Kind.OBSTACLE_FORWARDED: _form(
        "lead_unit_code",
        *("note", *_DAY_AND_DOCUMENT),
        required="lead_unit_code",
        lead_unit_code=Text("Mã cơ quan được chuyển đến", "Code of the unit that it goes to"),
    ),
    Kind.OBSTACLE_DECIDED: _form(
        *("note", "document", "happened_on"),
        required="note",
        note=Text(
            "Nội dung quyết định; nếu không chấp thuận, nêu lý do", "What was decided; of a refusal, why"
        ),
    ),
    Kind.OBSTACLE_ANSWERED: _form(
        *("note", "document", "happened_on"),
        required="note",
        note=Text("Nội dung trả lời", "The answer"),
    ),
    Kind.TASK_PROGRESSED: _form("percent", "happened_on", "note", required="percent"),
    Kind.TASK_EXTENDED: _form(
        *("due_on", "reason", "document", *OF_REPORT),
        required="due_on reason",
        due_on=Text("Thời hạn mới", "New due day"),
        **_REPORT_FIELDS,
    ),
    Kind.EXTENSION_REQUESTED: _form(
        *("due_on", "reason", "happened_on", "period_from"),
        required="due_on reason happened_on",
        due_on=Text("Đề nghị gia hạn đến ngày", "Time until"),
        reason=Text("Lý do: việc đã làm, việc còn lại", "Why: what is done, and what is left"),
        happened_on=Text("Ngày đề nghị", "Asked on"),
        period_from=_REPORT_FIELDS["period_from"],
    ),
    Kind.EXTENSION_REFUSED: _form(
        *("reason", "happened_on", "document", *OF_REPORT),
        required="reason happened_on",
        reason=Text("Lý do không gia hạn", "Why no more time is given"),
        happened_on=Text("Ngày quyết định", "Decided on"),
        **_REPORT_FIELDS,
    ),
    Kind.TASK_REPORTED: _form("product", "quantity", "happened_on", "document", "note", required="product"),
    Kind.TASK_ACCEPTED: _form("happened_on", "document", "note"),
    Kind.TASK_RETURNED: _form(
        "reason", required="reason", reason=Text("Nội dung cần bổ sung", "What is to be added")
    ),
    Kind.FINDING_RECORDED: _form(
        *("title", "lead_unit_code", "quantity", "due_on"),
        required="title",
        title=Text("Nội dung cần khắc phục", "Finding"),
        lead_unit_code=Text("Mã đơn vị khắc phục", "Code of who corrects it"),
        due_on=Text("Thời hạn khắc phục", "To be corrected by"),
    ),
    Kind.FINDING_FOLLOWED_UP: _form(
        *("quantity", "happened_on", "document", "note"),
        quantity=Text("Số nội dung đã khắc phục (để trống: tất cả)", "How many (empty: all)"),
    ),
    Kind.REPORT_RECEIVED: _form(*_DAY_AND_DOCUMENT),
    Kind.ENTRY_CANCELLED: _form(
        *("reason", "happened_on"),
        required="reason",
        happened_on=Text(
            "Không còn hiệu lực từ ngày (để trống nếu nhập nhầm)", "Ends on (empty: it was entered wrongly)"
        ),
    ),
}
PURPOSES: Mapping[Kind, Text] = {
    Kind.PLAN_ADOPTED: Text(
        "Ghi kế hoạch năm của đơn vị đã được ban hành.", "The unit's plan of the year stands in a document."
    ),
    Kind.DIRECTIVE_ISSUED: Text(
        "Ghi văn bản chỉ đạo của lãnh đạo về truyền thông dự thảo chính sách.",
        "A document by which leaders directed the work.",
    ),
    Kind.ADVICE_GIVEN: Text(
        "Ghi việc tham mưu, hướng dẫn đơn vị khác thực hiện.", "The unit advised on carrying the scheme out."
    ),
    Kind.OBSTACLE_RAISED: Text(
        "Nêu khó khăn, vướng mắc và đề nghị một cơ quan giải quyết; cơ quan đó thấy ở trang “Chờ quyết định”.",
        "Names what stands in the way and asks a unit to answer, which sees it on its page of decisions.",
    ),
    Kind.TASK_ASSIGNED: Text(
        "Giao một nhiệm vụ: ai thực hiện, phối hợp với ai, đến khi nào, sản phẩm gì. Đơn vị khác thực hiện thì kết quả cần được chấp nhận.",
        "Says who does what, with whom, until when. What another unit does has to be accepted.",
    ),
    Kind.INSPECTION_CONDUCTED: Text(
        "Ghi cuộc kiểm tra và số nội dung cần khắc phục.", "An inspection, and the number of its findings."
    ),
    Kind.TRAINING_HELD: Text(
        "Ghi lớp tập huấn, số lượt người và kinh phí.", "A training: attendances and cost."
    ),
    Kind.REPORTER_LISTED: Text(
        "Ghi số báo cáo viên, tuyên truyền viên; không ghi tên người.",
        "How many legal reporters there are; no names.",
    ),
    Kind.CONTRIBUTION_RECEIVED: Text(
        "Ghi nguồn lực xã hội hóa: tiền hoặc hiện vật.", "Social resources: money, or in kind."
    ),
    Kind.REPORT_REQUIRED: Text(
        "Yêu cầu các đơn vị báo cáo theo từng kỳ; đơn vị chưa gửi khi đến hạn được nhắc qua thư.",
        "Asks units for a report of each period; who has not sent it when it is due is reminded by mail.",
    ),
    Kind.REPORT_SUBMITTED: Text(
        "Ghi báo cáo đã gửi và cơ quan nhận.", "A report that the unit sent, and to whom."
    ),
    Kind.OBSTACLE_RECEIVED: Text(
        "Ghi việc cơ quan được đề nghị đã tiếp nhận vướng mắc.",
        "The unit that is asked received the obstacle.",
    ),
    Kind.OBSTACLE_FORWARDED: Text(
        "Chuyển vướng mắc đến cơ quan có thẩm quyền; từ đó cơ quan được chuyển đến xem xét, quyết định.",
        "Passes the obstacle on; who it goes to decides from then on.",
    ),
    Kind.OBSTACLE_DECIDED: Text(
        "Ghi quyết định về vướng mắc; nếu không chấp thuận, nêu lý do.",
        "What was decided; of a refusal, why.",
    ),
    Kind.OBSTACLE_ANSWERED: Text(
        "Ghi việc đã trả lời đơn vị nêu vướng mắc.", "The unit that raised the obstacle got its answer."
    ),
    Kind.TASK_PROGRESSED: Text(
        "Cập nhật tiến độ theo phần trăm.", "How much of the task is done, in percent."
    ),
    Kind.TASK_EXTENDED: Text(
        "Gia hạn, kèm lý do; do đơn vị giao hoặc cấp trên thực hiện. Đơn vị được thông báo bằng thư.",
        "Moves the due day, with the reason; by who assigned it or stands above. The unit is mailed.",
    ),
    Kind.EXTENSION_REQUESTED: Text(
        "Đề nghị đơn vị giao cho thêm thời gian; thời hạn cũ còn hiệu lực cho đến khi có quyết định.",
        "Asks who assigned it for more time; the present due day holds until that is decided.",
    ),
    Kind.EXTENSION_REFUSED: Text(
        "Không gia hạn, kèm lý do; thời hạn giữ nguyên và đơn vị được thông báo bằng thư.",
        "Refuses more time, with the reason; the due day stays, and the unit is mailed.",
    ),
    Kind.TASK_REPORTED: Text(
        "Báo cáo kết quả; đơn vị giao xem xét, chấp nhận hoặc đề nghị bổ sung.",
        "Reports what came of it; who assigned it accepts it, or sends it back.",
    ),
    Kind.TASK_ACCEPTED: Text(
        "Chấp nhận kết quả; nhiệm vụ hoàn thành.", "Accepts the result; the task is done."
    ),
    Kind.TASK_RETURNED: Text(
        "Đề nghị bổ sung kết quả; nhiệm vụ lại được thực hiện tiếp.",
        "Sends the result back; the task is open again.",
    ),
    Kind.FINDING_RECORDED: Text(
        "Ghi một nội dung cần khắc phục, ai khắc phục, đến khi nào.",
        "A finding, who corrects it, until when.",
    ),
    Kind.FINDING_FOLLOWED_UP: Text(
        "Ghi số nội dung đã khắc phục sau kiểm tra.", "How many findings were corrected."
    ),
    Kind.REPORT_RECEIVED: Text("Ghi việc đã nhận báo cáo.", "The report was received."),
    Kind.ENTRY_CORRECTED: Text(
        "Sửa mục đã ghi nhầm, kèm lý do.", "Corrects what was entered wrongly, with the reason."
    ),
    Kind.ENTRY_CANCELLED: Text(
        "Hủy mục nhập nhầm, hoặc mục không còn hiệu lực từ một ngày.",
        "Cancels an entry, from a day on or altogether.",
    ),
}
CORRECTED_BECAUSE = Text("Lý do đính chính", "Reason of the correction")


def form_of(kind: Kind, followed: Kind | None = None) -> EntryForm:
    """Give the form of a kind; a correction has the fields of what it corrects, and a reason.

    Whose report of which period is meant is asked only where the due day of a report is moved.
    """
    if kind in ABOUT_TIME and followed not in {None, Kind.REPORT_REQUIRED}:
        whole = FORMS[kind]
        return EntryForm(tuple(n for n in whole.names if n not in OF_REPORT), whole.required, whole.own)
    if kind is not Kind.ENTRY_CORRECTED or followed is None:
        return FORMS[kind]
    corrected = FORMS[followed]
    names = dict.fromkeys(("title", *corrected.names, "reason"))
    return EntryForm(
        tuple(names),
        corrected.required | {"title", "reason"},
        {**corrected.own, "reason": CORRECTED_BECAUSE},
    )


def begun(kind: Kind, today: date, asked: date | None = None) -> Fields:
    """Fill a new form in with what is most likely: the day of today, and that until which more time is asked for."""
    dated = "happened_on" in FORMS[kind].names and kind is not Kind.ENTRY_CANCELLED
    given = in_boxes("happened_on", today) if dated else {}
    if kind is Kind.TASK_EXTENDED and asked is not None:
        given |= in_boxes("due_on", asked)
    return Fields(given)


def written(content: ProgrammeEvent, form: EntryForm) -> Fields:
    """Fill the form in with what is entered."""
    given: dict[str, list[str]] = {}
    for name in form.names:
        value = getattr(content, name, None)
        if name in LISTS:
            given[name] = [", ".join(value or ())]
        elif value is not None and name not in DATES and name != "reason":
            given[name] = [str(value)]
    if content.happened_on is not None:
        given |= in_boxes("happened_on", content.happened_on, content.precision)
    for name in ("period_from", "period_to"):
        if (day := getattr(content, name)) is not None and name in form.names:
            given |= in_boxes(name, day)
    if content.due_on is not None:
        given |= in_boxes("due_on", *_shown_due(content.due_on, content.due_precision or DuePrecision.DAY))
    return Fields(given)


def _shown_due(due_on: date, precision: DuePrecision) -> tuple[date, Precision]:
    """Write a quarter by its last day: boxes have none."""
    if precision is DuePrecision.QUARTER:
        return due_on, Precision.DAY
    return first_due_day(due_on, precision), Precision(precision.value)


def read(form: Fields, of: EntryForm) -> dict[str, Any]:
    """Read all fields, so that everything that has to be corrected is named at once."""
    values: dict[str, Any] = {}
    for name in of.names:
        required = name in of.required
        if name in DATES:
            values |= _date(form, name, required=required)
        elif name in NUMBERS:
            values[name] = form.count(name, NUMBERS[name], required=required)
        elif name in CHOICES:
            values[name] = form.one_of(name, ReportPeriod, required=required)
        elif name in LISTS:
            codes = form.words(name, MOST_WORDS, required=required) or ""
            values[name] = tuple(code for code in codes.upper().replace(",", " ").replace(";", " ").split())
        elif name in CODES:
            code = form.words(name, MOST_CODE, required=required)
            values[name] = code.upper() if code else None
        else:
            values[name] = form.words(name, MOST_TITLE if name == "title" else MOST_WORDS, required=required)
    return values


def _date(form: Fields, name: str, *, required: bool) -> dict[str, Any]:
    dated = date_in_boxes(form, name, required=required)
    if name == "happened_on":
        day, precision = dated or (None, Precision.DAY)
        return {name: day, "precision": precision}
    if name != "due_on":
        return {name: dated[0] if dated else None}
    return {name: dated[0] if dated else None, "due_precision": DuePrecision(dated[1]) if dated else None}


def kept(content: ProgrammeEvent) -> dict[str, Any]:
    """Give what a correction leaves as it is where its form has no field for it."""
    return {name: getattr(content, name) for name in CONTENT}


def help_of(kind: Kind) -> Help:
    """Give the help page of the form of a kind; a correction has the fields of what it corrects."""
    labels = {} if kind is Kind.ENTRY_CORRECTED else FORMS[kind].labels
    return Help(kind, KINDS[kind].words, PURPOSES[kind], labels)
