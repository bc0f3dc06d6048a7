"""The closed lists of the domain: every value that an event or an import row may bear."""

from enum import StrEnum


class Precision(StrEnum):
    """How exactly a date is known; a month or year is written as its first day."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class DuePrecision(StrEnum):
    """How exactly a due day is known; it is written as the last day of the month, quarter or year."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class ReportPeriod(StrEnum):
    """What a report is about: a period of Decree 09/2019/NĐ-CP, article 12 (15th to 14th), or days of the office's own."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    OWN = "own"


class Stage(StrEnum):
    """Where a draft stands, in the usual order (which also orders two entries of one date)."""

    REGISTERED = "registered"
    POLICY_BUILDING = "policy_building"
    POLICY_CONSULTATION = "policy_consultation"
    POLICY_APPRAISAL = "policy_appraisal"
    POLICY_APPROVED = "policy_approved"
    PROPOSAL_APPROVED = "proposal_approved"
    DRAFTING = "drafting"
    DRAFT_CONSULTATION = "draft_consultation"
    SOCIAL_CRITICISM = "social_criticism"
    APPRAISAL = "appraisal"
    EXECUTIVE_REVIEW = "executive_review"
    SUBMITTED = "submitted"
    VERIFICATION = "verification"
    STANDING_OPINION = "standing_opinion"
    DELIBERATION = "deliberation"
    ADOPTED = "adopted"
    PROMULGATED = "promulgated"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"

    @property
    def order(self) -> int:
        return _STAGE_ORDER[self]


_STAGE_ORDER = {stage: place for place, stage in enumerate(Stage)}
ENDS = frozenset({Stage.WITHDRAWN, Stage.MERGED})
CLOSING_BY_LAW = frozenset({Stage.ADOPTED, Stage.PROMULGATED, Stage.PUBLISHED})


class Instrument(StrEnum):
    """The legal form that a draft is to become."""

    LAW = "law"
    ORDINANCE = "ordinance"
    RESOLUTION = "resolution"
    NA_RESOLUTION = "na_resolution"
    NASC_RESOLUTION = "nasc_resolution"
    PRESIDENTIAL_ORDER = "presidential_order"
    PRESIDENTIAL_DECISION = "presidential_decision"
    DECREE = "decree"
    GOVERNMENT_RESOLUTION = "government_resolution"
    DECISION = "decision"
    PM_DECISION = "pm_decision"
    CIRCULAR = "circular"
    JOINT_RESOLUTION = "joint_resolution"
    JOINT_CIRCULAR = "joint_circular"
    JUDGES_COUNCIL_RESOLUTION = "judges_council_resolution"
    STATE_AUDIT_DECISION = "state_audit_decision"
    PROVINCIAL_RESOLUTION = "provincial_resolution"
    PROVINCIAL_DECISION = "provincial_decision"
    PROVINCIAL_CHAIR_DECISION = "provincial_chair_decision"
    SPECIAL_UNIT_DOCUMENT = "special_unit_document"
    DISTRICT_RESOLUTION = "district_resolution"
    DISTRICT_DECISION = "district_decision"
    COMMUNE_RESOLUTION = "commune_resolution"
    COMMUNE_DECISION = "commune_decision"


class Regime(StrEnum):
    """The law on promulgating legal documents that a draft goes by: an attribute of the draft."""

    LAW_2015 = "law_2015"
    LAW_2025 = "law_2025"
    LAW_2025_AMENDED = "law_2025_amended"


class Procedure(StrEnum):
    ORDINARY = "ordinary"
    SIMPLIFIED = "simplified"


class Answer(StrEnum):
    """An answer to a question of scope; empty in a file means unknown."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ScopeBasis(StrEnum):
    NATIONAL_407 = "national_407"
    LOCAL_PLAN = "local_plan"
    LAW_2025_ART68 = "law_2025_art68"


class Handling(StrEnum):
    """What the draft does to what is in force (a province's list of documents to handle)."""

    NEW = "new"
    AMEND = "amend"
    REPLACE = "replace"
    ABOLISH = "abolish"


class Clearable(StrEnum):
    """What a draft was registered with and may turn out to have no known value (`draft.amended`)."""

    FINAL_NUMBER = "final_number"
    OUTCOME = "outcome"
    SOURCE = "source"
    HANDLING = "handling"
    AMENDS = "amends"
    REPLACES = "replaces"
    EXTERNAL_REF = "external_ref"


class UnitClearable(StrEnum):
    """What a unit was registered with and may turn out not to have (`unit.amended`)."""

    PARENT_CODE = "parent_code"
    PROVINCE_CODE = "province_code"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"


class UnitChange(StrEnum):
    """A change of a unit that can be cancelled: the name of its event (`unit.change_cancelled`)."""

    RENAMED = "renamed"
    MOVED = "moved"
    SUCCEEDED = "succeeded"
    DISSOLVED = "dissolved"
    SUPERVISION_SET = "supervision_set"


class Channel(StrEnum):
    PRESS_CONFERENCE = "press_conference"
    PRESS_RELEASE = "press_release"
    NEWS_ARTICLE = "news_article"
    RADIO_TV = "radio_tv"
    PORTAL_POSTING = "portal_posting"
    SOCIAL_MEDIA = "social_media"
    COMMUNE_LOUDSPEAKER = "commune_loudspeaker"
    CONFERENCE = "conference"
    PANEL_TALK = "panel_talk"
    DIALOGUE = "dialogue"
    LEGAL_REPORTER = "legal_reporter"
    LEAFLET_INFOGRAPHIC = "leaflet_infographic"
    SURVEY = "survey"
    EXPERT_INTERVIEW = "expert_interview"
    WRITTEN_REQUEST = "written_request"
    CONTEST = "contest"
    OTHER = "other"


class CommunicationRole(StrEnum):
    """Who did a communication: the lead unit of the draft, another unit with or for it, or a unit for itself."""

    LEAD = "lead"
    COORDINATING = "coordinating"
    SUPPORT = "support"


class ContentItem(StrEnum):
    """What is to be communicated of a draft policy: the six items of Decision 407/QĐ-TTg."""

    NECESSITY = "necessity"
    PURPOSE = "purpose"
    SCOPE = "scope"
    MAIN_CONTENT = "main_content"
    CHANGES = "changes"
    OTHER = "other"


class ProgrammeKind(StrEnum):
    """What may stand in a unit's programme: the names of the events of `programme`."""

    PLAN_ADOPTED = "plan_adopted"
    DIRECTIVE_ISSUED = "directive_issued"
    ADVICE_GIVEN = "advice_given"
    TASK_ASSIGNED = "task_assigned"
    TASK_REPORTED = "task_reported"
    INSPECTION_CONDUCTED = "inspection_conducted"
    FINDING_FOLLOWED_UP = "finding_followed_up"
    TRAINING_HELD = "training_held"
    REPORTER_LISTED = "reporter_listed"
    CONTRIBUTION_RECEIVED = "contribution_received"
    OBSTACLE_RAISED = "obstacle_raised"
    OBSTACLE_ANSWERED = "obstacle_answered"
    ENTRY_CORRECTED = "entry_corrected"
    ENTRY_CANCELLED = "entry_cancelled"
    TASK_PROGRESSED = "task_progressed"
    TASK_EXTENDED = "task_extended"
    TASK_ACCEPTED = "task_accepted"
    TASK_RETURNED = "task_returned"
    FINDING_RECORDED = "finding_recorded"
    OBSTACLE_RECEIVED = "obstacle_received"
    OBSTACLE_FORWARDED = "obstacle_forwarded"
    OBSTACLE_DECIDED = "obstacle_decided"
    REPORT_SUBMITTED = "report_submitted"
    REPORT_RECEIVED = "report_received"
    REPORT_REQUIRED = "report_required"
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_REFUSED = "extension_refused"


class UnitLevel(StrEnum):
    CENTRAL = "central"
    PROVINCIAL = "provincial"
    DISTRICT = "district"
    DISTRICT_LEGACY = "district_legacy"
    COMMUNE = "commune"


class UnitKind(StrEnum):
    GOVERNMENT = "government"
    NATIONAL_ASSEMBLY = "national_assembly"
    NA_STANDING_COMMITTEE = "na_standing_committee"
    COMMITTEE = "committee"
    COURT = "court"
    PROCURACY = "procuracy"
    SOCIO_POLITICAL_ORG = "socio_political_org"
    FATHERLAND_FRONT = "fatherland_front"
    MINISTRY = "ministry"
    AGENCY = "agency"
    PROVINCE = "province"
    PROVINCIAL_COMMITTEE = "provincial_committee"
    PEOPLES_COUNCIL = "peoples_council"
    PEOPLES_COMMITTEE = "peoples_committee"
    COUNCIL = "council"
    PBGDPL_COUNCIL = "pbgdpl_council"
    DEPARTMENT = "department"
    PROVINCIAL_JUSTICE_DEPARTMENT = "provincial_justice_department"
    DISTRICT_LEGACY = "district_legacy"
    DISTRICT_COMMITTEE = "district_committee"
    COMMUNE = "commune"
    COMMUNE_COMMITTEE = "commune_committee"
    SPECIAL_ZONE_COMMITTEE = "special_zone_committee"


class SuccessionKind(StrEnum):
    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    RECLASSIFY = "reclassify"
    DISSOLVE = "dissolve"


class SupervisionKind(StrEnum):
    """As what a unit follows another one's communication work (`unit.supervision_set`)."""

    JUSTICE_BODY = "justice_body"
    COUNCIL = "council"
    SUPERVISOR = "supervisor"


class Dataset(StrEnum):
    """Where a draft's data come from: an office's own, the public sample, the fictitious exercise."""

    LIVE = "live"
    SAMPLE = "sample"
    EXERCISE = "exercise"


class GapState(StrEnum):
    IN_GRACE = "in_grace"
    OVERDUE = "overdue"


class GapClosure(StrEnum):
    """Why a gap closed; low-cardinality, so it is also a metric label."""

    COVERED = "covered"
    STAGE_LEFT = "stage_left"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    EXEMPTED = "exempted"
    OUT_OF_SCOPE = "out_of_scope"
    POLICY_REMOVED = "policy_removed"
    CORRECTED = "corrected"
    TRANSFERRED = "transferred"
    RULES_CHANGED = "rules_changed"


class Role(StrEnum):
    """What the bearer of a token may do (the table in shared.rules.rights): `unit` is a clerk, `head` the head of a unit."""

    READER = "reader"
    UNIT = "unit"
    HEAD = "head"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


class RecipientRole(StrEnum):
    FOCAL_POINT = "focal_point"
    HEAD = "head"
    SUPERVISOR = "supervisor"


class Language(StrEnum):
    VI = "vi"
    EN = "en"


class AlertAnswer(StrEnum):
    """What a unit answers to a reminder; low-cardinality, so it is also a metric label."""

    DONE = "done"
    PLANNED = "planned"
    NOT_OURS = "not_ours"
    EXEMPT = "exempt"
    OBSTACLE = "obstacle"


class OptionalMail(StrEnum):
    """The kinds of mail that a recipient may end: no duty hangs on them. `thanks` only says what was done."""

    WEEKLY_LIST = "weekly_list"
    MONTHLY_SUMMARY = "monthly_summary"
    THANKS = "thanks"


class Weekday(StrEnum):
    """The days of the week on which offices work."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"


class PreferenceDoor(StrEnum):
    """Where a recipient said what it wants: in its mail client (RFC 8058), or on the page of its mailbox."""

    ONE_CLICK = "one_click"
    PAGE = "page"


class RequestKind(StrEnum):
    """What a unit may ask for that lowers its own duty; low-cardinality, so it is also a metric label."""

    EXEMPTION = "exemption"
    SCOPE = "scope"
    POLICY_REMOVAL = "policy_removal"
    STAGE_ENTRY = "stage_entry"
    STAGE_CORRECTION = "stage_correction"
    AMENDMENT = "amendment"
    PROCEDURE = "procedure"
    TRANSFER = "transfer"
    SUSPENSION = "suspension"
    WITHDRAWAL = "withdrawal"
    MERGER = "merger"


class RequestDecision(StrEnum):
    """How a request was settled: by its decider, or by the unit that withdrew it."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class EscalationReason(StrEnum):
    """Why a matter went up the tree of units."""

    OVERDUE = "overdue"
    PLAN_PASSED = "plan_passed"
    NO_RECIPIENT = "no_recipient"


CLOSED_LISTS = (Answer, ContentItem, DuePrecision, Precision, Procedure, ReportPeriod, Weekday)
"""What an event may bear of these is complete: one value more is a breaking change of its type."""

OPEN_LISTS = (
    Channel,
    Clearable,
    CommunicationRole,
    Dataset,
    EscalationReason,
    GapClosure,
    Handling,
    Instrument,
    OptionalMail,
    PreferenceDoor,
    RecipientRole,
    Regime,
    RequestDecision,
    RequestKind,
    ScopeBasis,
    Stage,
    SuccessionKind,
    SupervisionKind,
    UnitChange,
    UnitClearable,
    UnitKind,
    UnitLevel,
)
"""These may get further values in later releases: a consumer passes over a value that it does not know."""
