"""The one table of rights, role × relation × action, and for which units it admits one caller on a day; pure.

What it does not list is refused. An action that anybody may do without a token is `OPEN`; what a link of a mail does is
`BY_LINK`: there the link itself names unit and alert. An operator may do everything else. `PUBLIC` reading needs no token
where `LOA_PUBLIC_READ` is set.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from types import MappingProxyType

from shared.contracts.event import Acting
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Refusal
from shared.rules.rights.actions import Action, Relation

Rights = Mapping[Role, frozenset[Relation]]

EVERYWHERE = frozenset(Relation)
OWN = frozenset({Relation.OWN})
OWN_AND_BELOW = frozenset({Relation.OWN, Relation.BELOW})
SUPERVISED = frozenset({Relation.BELOW, Relation.AREA})
OWN_AND_SUPERVISED = OWN | SUPERVISED

OPEN = frozenset({Action.PROBE, Action.READ_CONTRACT, Action.SIGN_IN})
BY_LINK = frozenset(
    {
        *(Action.ANSWER_MAIL, Action.RENEW_LINK, Action.CHOOSE_MAILS, Action.RESOLVE_LINK),
        Action.READ_CALENDAR,
    }
)
PUBLIC = frozenset(
    {
        *(Action.READ_UNITS, Action.READ_DRAFTS, Action.READ_RULES, Action.READ_COMMUNICATIONS),
        *(Action.READ_PLANS, Action.READ_PROGRAMMES, Action.READ_FIGURES, Action.READ_ALERTS),
        *(Action.READ_SILENCES, Action.READ_SENDING, Action.READ_PROJECTION),
    }
)
"""Never mail, recipients, previews or requests."""


def _granted(
    *,
    reader: Collection[Relation] = (),
    clerk: Collection[Relation] = (),
    head: Collection[Relation] = (),
    supervisor: Collection[Relation] = (),
) -> Rights:
    """An operator has every right that anybody has."""
    granted = {Role.READER: reader, Role.UNIT: clerk, Role.HEAD: head, Role.SUPERVISOR: supervisor}
    return MappingProxyType(
        {role: frozenset(of) for role, of in granted.items()} | {Role.OPERATOR: EVERYWHERE}
    )


READING = _granted(reader=EVERYWHERE, clerk=EVERYWHERE, head=EVERYWHERE, supervisor=EVERYWHERE)
PERSONAL_DATA = _granted(head=OWN_AND_BELOW, supervisor=OWN_AND_SUPERVISED)
REQUESTS = _granted(clerk=OWN, head=OWN_AND_BELOW, supervisor=OWN_AND_SUPERVISED)
DUTY = _granted(clerk=OWN, head=OWN, supervisor=OWN_AND_SUPERVISED)
"""What a unit does for its own drafts and programme, and who supervises it in its place."""
CARE = _granted(supervisor=OWN_AND_SUPERVISED)
MAILBOXES = _granted(head=OWN, supervisor=OWN_AND_SUPERVISED)
"""Who names the recipients of a unit's mail, and who stands in during leave: its head, and who supervises it."""
OVERSIGHT = _granted(supervisor=SUPERVISED)
"""Nobody oversees itself: not what is verified, silenced or changed in the tree of units."""
OPERATION = _granted()
NOT_OF_FOLLOWERS = frozenset({Action.REPLACE_RECIPIENTS})
"""Not for a unit that follows the caller's own: whoever has its mailbox signs in as who oversees it."""

_GROUPS: Mapping[str, tuple[Rights, Collection[Action]]] = {
    "reading": (READING, PUBLIC),
    "personal data": (
        PERSONAL_DATA,
        (
            *(Action.READ_MAIL, Action.PREVIEW_MAIL, Action.READ_FILES_OF_MAIL),
            Action.READ_RECIPIENTS,
        ),
    ),
    "requests": (REQUESTS, (Action.READ_REQUESTS, Action.READ_EVIDENCE)),
    "duty": (
        DUTY,
        (
            *(Action.REGISTER_DRAFT, Action.AMEND_DRAFT, Action.RETITLE_DRAFT, Action.ASSESS_SCOPE),
            *(Action.ADD_POLICY, Action.AMEND_POLICY, Action.REMOVE_POLICY, Action.EXEMPT_DRAFT),
            *(Action.CANCEL_EXEMPTION, Action.CORRECT_EXEMPTION, Action.CANCEL_STAGE),
            *(Action.CANCEL_POSTING, Action.CORRECT_POSTING),
            *(Action.DECIDE_PROCEDURE, Action.TRANSFER_DRAFT, Action.ENTER_STAGE, Action.CORRECT_STAGE),
            *(Action.EXPECT_STAGE, Action.SUMMARISE_OPINIONS),
            *(Action.WITHDRAW_DRAFT, Action.OPEN_POSTING, Action.EXTEND_POSTING, Action.CLOSE_POSTING),
            *(Action.RECORD_COMMUNICATION, Action.CORRECT_COMMUNICATION, Action.RETRACT_COMMUNICATION),
            *(Action.CONFIRM_COMMUNICATION, Action.ATTACH_EVIDENCE, Action.ERASE_EVIDENCE),
            Action.SUMMARISE_FEEDBACK,
            *(Action.APPROVE_PLAN, Action.PLAN_ACTIVITY, Action.RESCHEDULE_ACTIVITY, Action.CANCEL_ACTIVITY),
            *(Action.ENTER_PROGRAMME, Action.FOLLOW_PROGRAMME_ENTRY, Action.CORRECT_PROGRAMME_ENTRY),
            *(Action.CANCEL_PROGRAMME_ENTRY, Action.SNOOZE_ALERT, Action.WITHDRAW_REQUEST),
            *(Action.PUBLISH_REPORT, Action.MAKE_CALENDAR),
        ),
    ),
    "care": (
        CARE,
        (Action.REGISTER_UNIT, Action.SET_TARGET),
    ),
    "mailboxes": (MAILBOXES, (Action.REPLACE_RECIPIENTS,)),
    "oversight": (
        OVERSIGHT,
        (
            *(Action.AMEND_UNIT, Action.SUCCEED_UNIT, Action.RENAME_UNIT, Action.MOVE_UNIT),
            *(Action.CANCEL_UNIT_CHANGE, Action.CORRECT_UNIT_CHANGE),
            *(Action.SET_SUPERVISION, Action.VERIFY_COMMUNICATION, Action.ADD_SILENCE, Action.LIFT_SILENCE),
            *(Action.DECIDE_REQUEST, Action.READ_LOWERED_DUTIES, Action.URGE_UNIT),
        ),
    ),
    "operation": (
        OPERATION,
        (
            *(Action.HOLD_MAIL, Action.RELEASE_MAIL, Action.TICK, Action.ACKNOWLEDGE_MAIL),
            *(
                Action.RETRY_MAIL,
                Action.WITHDRAW_LINKS,
                Action.TRY_RULES,
                Action.IMPORT_ROWS,
                Action.REBUILD_PROJECTION,
            ),
            *(Action.VERIFY_PROJECTION, Action.SKIP_EVENT, Action.READ_LOST_EVENTS, Action.ACCEPT_LOG),
            *(Action.MAKE_LOGIN, Action.READ_SESSIONS, Action.END_SESSION, Action.REVOKE_ACCESS),
            *(Action.BACK_UP_OWN_DATA, Action.RESTORE_OWN_DATA),
        ),
    ),
}
RIGHTS: Mapping[Action, Rights] = MappingProxyType(
    {action: rights for rights, actions in _GROUPS.values() for action in actions}
)
GROUP_OF: Mapping[Action, str] = MappingProxyType(
    {action: name for name, (_, actions) in _GROUPS.items() for action in actions}
)

ROWS: Mapping[str, Action] = MappingProxyType(
    {
        "units": Action.REGISTER_UNIT,
        "unit_successions": Action.SUCCEED_UNIT,
        "supervision": Action.SET_SUPERVISION,
        "targets": Action.SET_TARGET,
        "drafts": Action.REGISTER_DRAFT,
        "policies": Action.ADD_POLICY,
        "stages": Action.ENTER_STAGE,
        "opinions": Action.SUMMARISE_OPINIONS,
        "exemptions": Action.EXEMPT_DRAFT,
        "postings": Action.OPEN_POSTING,
        "outcomes": Action.WITHDRAW_DRAFT,
        "plans": Action.APPROVE_PLAN,
        "activities": Action.PLAN_ACTIVITY,
        "communications": Action.RECORD_COMMUNICATION,
        "evidence": Action.ATTACH_EVIDENCE,
        "programme": Action.ENTER_PROGRAMME,
        "recipients": Action.REPLACE_RECIPIENTS,
    }
)
"""What a row of each sheet does. All rows come through `import_rows`, so through an operator, who may do all of it."""

CONTEXTS: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "unit": frozenset(
            {
                *(Action.REGISTER_UNIT, Action.AMEND_UNIT, Action.SUCCEED_UNIT, Action.RENAME_UNIT),
                *(Action.MOVE_UNIT, Action.SET_TARGET, Action.SET_SUPERVISION),
                *(Action.CANCEL_UNIT_CHANGE, Action.CORRECT_UNIT_CHANGE),
            }
        ),
        "draft": frozenset(
            {
                *(Action.REGISTER_DRAFT, Action.AMEND_DRAFT, Action.RETITLE_DRAFT, Action.ASSESS_SCOPE),
                *(Action.ADD_POLICY, Action.AMEND_POLICY, Action.REMOVE_POLICY, Action.EXEMPT_DRAFT),
                *(Action.CANCEL_EXEMPTION, Action.CORRECT_EXEMPTION, Action.CANCEL_STAGE),
                *(Action.CANCEL_POSTING, Action.CORRECT_POSTING),
                *(Action.DECIDE_PROCEDURE, Action.TRANSFER_DRAFT, Action.ENTER_STAGE, Action.CORRECT_STAGE),
                *(Action.EXPECT_STAGE, Action.SUMMARISE_OPINIONS),
                *(Action.WITHDRAW_DRAFT, Action.OPEN_POSTING, Action.EXTEND_POSTING, Action.CLOSE_POSTING),
                *(Action.WITHDRAW_REQUEST, Action.DECIDE_REQUEST),
            }
        ),
        "plan": frozenset(
            {
                *(Action.APPROVE_PLAN, Action.PLAN_ACTIVITY, Action.RESCHEDULE_ACTIVITY),
                Action.CANCEL_ACTIVITY,
            }
        ),
        "communication": frozenset(
            {
                *(Action.RECORD_COMMUNICATION, Action.CORRECT_COMMUNICATION, Action.RETRACT_COMMUNICATION),
                *(Action.ATTACH_EVIDENCE, Action.ERASE_EVIDENCE, Action.SUMMARISE_FEEDBACK),
                Action.VERIFY_COMMUNICATION,
                Action.CONFIRM_COMMUNICATION,
                Action.ANSWER_MAIL,
            }
        ),
        "programme": frozenset(
            {
                *(Action.ENTER_PROGRAMME, Action.FOLLOW_PROGRAMME_ENTRY, Action.CORRECT_PROGRAMME_ENTRY),
                Action.CANCEL_PROGRAMME_ENTRY,
            }
        ),
        "compliance": frozenset({Action.PUBLISH_REPORT}),
        "alert": frozenset({Action.SNOOZE_ALERT, Action.ANSWER_MAIL}),
        "recipient": frozenset({Action.CHOOSE_MAILS}),
    }
)
"""Which actions append events under `loa.<context>.>`; nobody but the owning service publishes there (deploy/nats)."""


IN_TRAINING = frozenset(
    {
        *PUBLIC,
        *(Action.READ_REQUESTS, Action.READ_EVIDENCE, Action.READ_LOWERED_DUTIES),
        *CONTEXTS["draft"],
        *CONTEXTS["plan"],
        *CONTEXTS["communication"],
        *CONTEXTS["programme"],
    }
    - BY_LINK
)
"""What somebody in training may do, as far as the own rights go: read, and record exercise data. The rest holds outside it."""


def allows(role: Role, relation: Relation, action: Action) -> bool:
    """Give one cell of the table; what needs no token is everybody's, what a link does is nobody's token's."""
    if action in OPEN:
        return True
    rights = RIGHTS.get(action)
    return rights is not None and relation in rights[role]


@cache
def roles_of(action: Action) -> frozenset[Role]:
    """Give the roles that may do it to some object."""
    return frozenset(role for role in Role if any(allows(role, relation, action) for relation in Relation))


def cells() -> Iterator[tuple[Role, Relation, Action]]:
    return product(Role, Relation, Action)


NEEDS_DIRECTORY = frozenset({Relation.BELOW, Relation.AREA})


class OtherUnit(Refusal):
    """The object belongs to a unit for which the caller may not do this."""

    code = "forbidden"
    kind = "forbidden"

    def __init__(self, unit_code: str | None) -> None:
        of_vi = f"của đơn vị “{unit_code}”" if unit_code else "đối với tất cả đơn vị"
        of_en = f"for the unit '{unit_code}'" if unit_code else "for all units"
        super().__init__(
            f"Thao tác này {of_vi} không thuộc phạm vi được giao của tài khoản đang dùng; đề nghị chọn đơn vị mình hoặc đơn "
            "vị được giao theo dõi, hoặc chuyển cho cơ quan theo dõi đơn vị đó hay người vận hành.",
            f"This account may not do this {of_en}; choose the own unit or one that it follows, or turn to the body that "
            "follows that unit, or to an operator.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The unit of a caller, with the units below it, those of its area of supervision, and who follows it, on a day.

    `carries_on` are former units for which it carries on: what was theirs to do is its own.
    """

    unit_code: str | None = None
    carries_on: frozenset[str] = field(default_factory=frozenset)
    below: frozenset[str] = field(default_factory=frozenset)
    area: frozenset[str] = field(default_factory=frozenset)
    followed_by: frozenset[str] = field(default_factory=frozenset)

    def relation(self, unit_code: str | None) -> Relation:
        """Say how the caller stands to an object of a unit (None: of no unit)."""
        if unit_code is None:
            return Relation.NONE
        if unit_code == self.unit_code or unit_code in self.carries_on:
            return Relation.OWN
        if unit_code in self.below:
            return Relation.BELOW
        return Relation.AREA if unit_code in self.area else Relation.ELSEWHERE


def is_everywhere(role: Role, action: Action) -> bool:
    """Tell whether a role may do it to what belongs to any unit."""
    return allows(role, Relation.ELSEWHERE, action)


def needs_directory(role: Role, action: Action) -> bool:
    """Tell whether it depends on the tree and the areas for whom a role may do it."""
    return not is_everywhere(role, action) and any(
        allows(role, relation, action) for relation in NEEDS_DIRECTORY
    )


def acting(role: Role, action: Action, standing: Standing) -> Acting:
    """Resolve the table for one caller: the units for which the action is allowed, or everywhere."""
    if is_everywhere(role, action):
        return Acting(standing.unit_code, supervises=role is Role.OPERATOR, everywhere=True)
    codes = {standing.unit_code, *standing.carries_on, *standing.below, *standing.area} - {None}
    if action in NOT_OF_FOLLOWERS:
        codes -= standing.followed_by
    units = frozenset(
        code for code in codes if code is not None and allows(role, standing.relation(code), action)
    )
    return Acting(
        standing.unit_code,
        units=units,
        decides=role is Role.SUPERVISOR,
        carries_on=standing.carries_on,
    )


def require(by: Acting, unit_code: str | None) -> None:
    """Refuse an object of a unit (None: of no unit) for which the caller may not act (`OtherUnit`)."""
    allowed = by.supervises if unit_code is None else by.may_act_for(unit_code)
    if not allowed:
        raise OtherUnit(unit_code)
