"""Everything that a person may do: by an endpoint, a page, a link of a mail or a row of a file; one action each."""

from enum import StrEnum


class Action(StrEnum):
    """What is done; the object (a draft, a unit, an alert) belongs to a unit, or to none."""

    PROBE = "probe"
    READ_CONTRACT = "read_contract"

    ANSWER_MAIL = "answer_mail"
    RENEW_LINK = "renew_link"
    CHOOSE_MAILS = "choose_mails"
    RESOLVE_LINK = "resolve_link"

    READ_UNITS = "read_units"
    READ_DRAFTS = "read_drafts"
    READ_RULES = "read_rules"
    READ_COMMUNICATIONS = "read_communications"
    READ_PLANS = "read_plans"
    READ_PROGRAMMES = "read_programmes"
    READ_FIGURES = "read_figures"
    READ_ALERTS = "read_alerts"
    READ_SILENCES = "read_silences"
    READ_SENDING = "read_sending"
    READ_PROJECTION = "read_projection"

    READ_MAIL = "read_mail"
    PREVIEW_MAIL = "preview_mail"
    READ_FILES_OF_MAIL = "read_files_of_mail"
    READ_RECIPIENTS = "read_recipients"
    READ_REQUESTS = "read_requests"
    READ_LOWERED_DUTIES = "read_lowered_duties"

    REGISTER_UNIT = "register_unit"
    AMEND_UNIT = "amend_unit"
    SUCCEED_UNIT = "succeed_unit"
    RENAME_UNIT = "rename_unit"
    MOVE_UNIT = "move_unit"
    SET_TARGET = "set_target"
    SET_SUPERVISION = "set_supervision"

    REGISTER_DRAFT = "register_draft"
    AMEND_DRAFT = "amend_draft"
    RETITLE_DRAFT = "retitle_draft"
    ASSESS_SCOPE = "assess_scope"
    ADD_POLICY = "add_policy"
    AMEND_POLICY = "amend_policy"
    REMOVE_POLICY = "remove_policy"
    EXEMPT_DRAFT = "exempt_draft"
    DECIDE_PROCEDURE = "decide_procedure"
    TRANSFER_DRAFT = "transfer_draft"
    ENTER_STAGE = "enter_stage"
    CORRECT_STAGE = "correct_stage"
    WITHDRAW_DRAFT = "withdraw_draft"
    WITHDRAW_REQUEST = "withdraw_request"
    DECIDE_REQUEST = "decide_request"
    OPEN_POSTING = "open_posting"
    EXTEND_POSTING = "extend_posting"
    CLOSE_POSTING = "close_posting"

    RECORD_COMMUNICATION = "record_communication"
    CORRECT_COMMUNICATION = "correct_communication"
    RETRACT_COMMUNICATION = "retract_communication"
    ATTACH_EVIDENCE = "attach_evidence"
    SUMMARISE_FEEDBACK = "summarise_feedback"
    VERIFY_COMMUNICATION = "verify_communication"
    CONFIRM_COMMUNICATION = "confirm_communication"
    APPROVE_PLAN = "approve_plan"
    PLAN_ACTIVITY = "plan_activity"
    RESCHEDULE_ACTIVITY = "reschedule_activity"
    CANCEL_ACTIVITY = "cancel_activity"
    ENTER_PROGRAMME = "enter_programme"

    SNOOZE_ALERT = "snooze_alert"
    ADD_SILENCE = "add_silence"
    LIFT_SILENCE = "lift_silence"
    REPLACE_RECIPIENTS = "replace_recipients"

    HOLD_MAIL = "hold_mail"
    RELEASE_MAIL = "release_mail"
    TICK = "tick"
    ACKNOWLEDGE_MAIL = "acknowledge_mail"
    RETRY_MAIL = "retry_mail"
    WITHDRAW_LINKS = "withdraw_links"
    TRY_RULES = "try_rules"
    IMPORT_ROWS = "import_rows"
    REBUILD_PROJECTION = "rebuild_projection"
    VERIFY_PROJECTION = "verify_projection"
    SKIP_EVENT = "skip_event"
    READ_LOST_EVENTS = "read_lost_events"
    ACCEPT_LOG = "accept_log"
    BACK_UP_OWN_DATA = "back_up_own_data"
    RESTORE_OWN_DATA = "restore_own_data"


class Relation(StrEnum):
    """How the unit of the caller stands to the unit that an object belongs to; the first that holds.

    `none`: the object belongs to no unit (the whole country, the installation). A caller without a unit is `elsewhere`.
    """

    OWN = "own"
    BELOW = "below"
    AREA = "area"
    ELSEWHERE = "elsewhere"
    NONE = "none"
