"""The drafts of the exercise: a fictitious province, dates counted in working days before today."""

from dataclasses import dataclass

from shared.contracts.vocabulary import Answer, Channel, Instrument, Procedure, Stage

TODAY = -1  # held on the day itself, working day or not

Entry = tuple[Stage, int]  # entered so many working days ago


@dataclass(frozen=True, slots=True)
class Talk:
    """One communication, so many working days ago; no policy numbers: the whole draft."""

    days_ago: int
    channel: Channel
    title: str
    policies: str = ""
    attendance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One draft; `shows` is the situation that it demonstrates."""

    code: str
    shows: str
    title: str
    instrument: Instrument
    unit: str
    policies: tuple[str, ...]
    stages: tuple[Entry, ...]
    talks: tuple[Talk, ...] = ()
    procedure: Procedure = Procedure.ORDINARY
    in_scope: Answer = Answer.YES
    number: str = ""
    outcome: str = ""
    exemption: str = ""
    allowed_by: str = ""
    posted: tuple[tuple[int, int | None], ...] = ()  # opened and closed so many working days ago


RESOLUTION = Instrument.PROVINCIAL_RESOLUTION
DECISION = Instrument.PROVINCIAL_DECISION
CONSULTED = Stage.DRAFT_CONSULTATION

CASES = (
    Case(
        code="VD-NQ-01",
        shows="a gap within the time allowed",
        title="Nghị quyết quy định chính sách hỗ trợ học phí cho học sinh tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-A",
        policies=("Mức hỗ trợ học phí", "Đối tượng được hỗ trợ và thủ tục chi trả"),
        stages=((Stage.DRAFTING, 20), (CONSULTED, 1)),
        posted=((1, None),),
    ),
    Case(
        code="VD-QD-02",
        shows="due within two working days, one policy of two still open",
        title="Quyết định quy định bảng giá dịch vụ thu gom rác thải sinh hoạt tại tỉnh Ví Dụ",
        instrument=DECISION,
        unit="VD-SO-A",
        policies=("Giá dịch vụ đối với hộ gia đình", "Giá dịch vụ đối với cơ sở kinh doanh"),
        stages=((Stage.DRAFTING, 25), (CONSULTED, 4)),
        talks=(Talk(2, Channel.RADIO_TV, "Chuyên mục về giá dịch vụ thu gom rác tại hộ gia đình", "1"),),
    ),
    Case(
        code="VD-NQ-03",
        shows="overdue by two working days, at appraisal; posted too short, then posted again",
        title="Nghị quyết về hỗ trợ nhà ở cho người thu nhập thấp tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-B",
        policies=("Hỗ trợ lãi suất vay mua nhà", "Quỹ đất dành cho nhà ở xã hội"),
        stages=((Stage.DRAFTING, 45), (CONSULTED, 30), (Stage.APPRAISAL, 7)),
        posted=((30, 28), (25, 10)),
        talks=(
            Talk(28, Channel.CONFERENCE, "Hội nghị lấy ý kiến về nhà ở cho người thu nhập thấp", "", 120),
        ),
    ),
    Case(
        code="VD-QD-04",
        shows="overdue by twenty working days: the second of its unit",
        title="Quyết định quy định hành lang bảo vệ nguồn nước tại tỉnh Ví Dụ",
        instrument=DECISION,
        unit="VD-SO-B",
        policies=("Phạm vi hành lang bảo vệ nguồn nước",),
        stages=((Stage.DRAFTING, 40), (CONSULTED, 25)),
    ),
    Case(
        code="VD-NQ-05",
        shows="a gap that has just closed",
        title="Nghị quyết quy định mức chi hỗ trợ người cao tuổi tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-C",
        policies=("Mức hỗ trợ hằng tháng", "Chúc thọ, mừng thọ"),
        stages=((Stage.DRAFTING, 22), (CONSULTED, 4)),
        talks=(Talk(TODAY, Channel.COMMUNE_LOUDSPEAKER, "Phát thanh về mức hỗ trợ người cao tuổi"),),
    ),
    Case(
        code="VD-QD-06",
        shows="simplified procedure: two working days allowed",
        title="Quyết định về biện pháp hỗ trợ khẩn cấp sau thiên tai tại tỉnh Ví Dụ",
        instrument=Instrument.PROVINCIAL_CHAIR_DECISION,
        unit="VD-SO-C",
        policies=("Mức hỗ trợ khẩn cấp cho hộ bị thiệt hại",),
        stages=((CONSULTED, 1),),
        procedure=Procedure.SIMPLIFIED,
        allowed_by="Quyết định số VD-45/QĐ-UBND",
    ),
    Case(
        code="VD-NQ-07",
        shows="suspended: nothing is asked of it",
        title="Nghị quyết về phát triển du lịch cộng đồng tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-D",
        policies=("Hỗ trợ hộ làm du lịch cộng đồng",),
        stages=((Stage.DRAFTING, 60), (CONSULTED, 50), (Stage.SUSPENDED, 47)),
    ),
    Case(
        code="VD-QD-08",
        shows="closed and met: communicated at every stage",
        title="Quyết định quy định quản lý bến bãi, điểm đỗ xe tại tỉnh Ví Dụ",
        instrument=DECISION,
        unit="VD-SO-A",
        policies=("Điều kiện của điểm đỗ xe", "Giá dịch vụ trông giữ xe"),
        stages=(
            (Stage.DRAFTING, 75),
            (CONSULTED, 60),
            (Stage.APPRAISAL, 45),
            (Stage.SUBMITTED, 36),
            (Stage.ADOPTED, 32),
            (Stage.PROMULGATED, 31),
        ),
        talks=(
            Talk(58, Channel.PORTAL_POSTING, "Đăng tải dự thảo và bản thuyết minh về bến bãi, điểm đỗ xe"),
            Talk(57, Channel.DIALOGUE, "Đối thoại với chủ bến bãi và người gửi xe", "", 85),
            Talk(42, Channel.PRESS_RELEASE, "Thông cáo báo chí về dự thảo sau tiếp thu ý kiến"),
        ),
        number="VD-08/QĐ-UBND",
        outcome="promulgated",
    ),
    Case(
        code="VD-NQ-09",
        shows="adopted, but not communicated at appraisal",
        title="Nghị quyết quy định phí sử dụng hạ tầng cảng thủy nội địa tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-B",
        policies=("Mức phí", "Miễn, giảm phí"),
        stages=((CONSULTED, 70), (Stage.APPRAISAL, 52), (Stage.VERIFICATION, 40), (Stage.ADOPTED, 37)),
        talks=(Talk(66, Channel.CONFERENCE, "Hội thảo với doanh nghiệp vận tải thủy", "", 60),),
        number="VD-09/NQ-HĐND",
        outcome="adopted",
    ),
    Case(
        code="VD-QD-10",
        shows="withdrawn",
        title="Quyết định quy định giờ hoạt động của chợ đêm tại tỉnh Ví Dụ",
        instrument=DECISION,
        unit="VD-SO-D",
        policies=("Giờ hoạt động của chợ đêm",),
        stages=((CONSULTED, 33), (Stage.WITHDRAWN, 18)),
        talks=(Talk(31, Channel.SURVEY, "Khảo sát ý kiến tiểu thương"),),
        outcome="withdrawn",
    ),
    Case(
        code="VD-NQ-11",
        shows="nobody has decided yet whether Decision 407 applies",
        title="Nghị quyết quy định danh mục dịch vụ sự nghiệp công tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-C",
        policies=("Danh mục dịch vụ",),
        stages=((CONSULTED, 9),),
        in_scope=Answer.UNKNOWN,
    ),
    Case(
        code="VD-QD-12",
        shows="exempted as a whole",
        title="Quyết định về phương án bảo vệ công trình trọng yếu tại tỉnh Ví Dụ",
        instrument=DECISION,
        unit="VD-SO-D",
        policies=("Phạm vi bảo vệ",),
        stages=((CONSULTED, 15),),
        exemption="Văn bản số VD-12/UBND-NC",
    ),
    Case(
        code="VD-NQ-13",
        shows="overdue by five working days, and nobody to write to",
        title="Nghị quyết về hỗ trợ chuyển đổi số cho hợp tác xã tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-E",
        policies=("Hỗ trợ mua phần mềm", "Hỗ trợ đào tạo"),
        stages=((Stage.DRAFTING, 30), (CONSULTED, 10)),
    ),
    Case(
        code="VD-QDX-14",
        shows="a commune, covered so far, with a target below the floor",
        title="Quyết định quy định quản lý nghĩa trang nhân dân tại xã Ví Dụ",
        instrument=Instrument.COMMUNE_DECISION,
        unit="VD-XA",
        policies=("Quản lý, sử dụng đất nghĩa trang",),
        stages=((CONSULTED, 8),),
        talks=(Talk(6, Channel.COMMUNE_LOUDSPEAKER, "Phát thanh về quản lý nghĩa trang"),),
    ),
    Case(
        code="VD-NQ-15",
        shows="still being drafted: consultation has not begun",
        title="Nghị quyết quy định chính sách thu hút bác sĩ về tuyến xã tại tỉnh Ví Dụ",
        instrument=RESOLUTION,
        unit="VD-SO-E",
        policies=("Mức hỗ trợ một lần", "Hỗ trợ nhà ở công vụ"),
        stages=((Stage.REGISTERED, 12), (Stage.DRAFTING, 6)),
    ),
)
