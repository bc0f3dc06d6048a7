"""Who may be named on a unit's list: nobody with more than the namer has, and who stands in with no more than who is absent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from services.notifier.adapters.sign_in.mailing import ROLES
from services.notifier.domain.errors import (
    AbsentNotListed,
    NamesMoreThanOwn,
    StandInCannotName,
    StandInWithMore,
    StandInWithoutEnd,
)
from services.notifier.domain.recipients import naming
from services.notifier.domain.recipients.audience import Recipient
from services.notifier.domain.recipients.naming import Namer, bounded, check, without
from shared.contracts.vocabulary import RecipientRole, Role
from shared.kernel.errors import Refusal
from shared.kernel.runtime import new_id
from shared.rules.rights.actions import Action, Relation
from shared.rules.rights.table import RIGHTS, allows

CLERK, HEAD, SUPERVISOR = RecipientRole.FOCAL_POINT, RecipientRole.HEAD, RecipientRole.SUPERVISOR
EARLY, LATE = date(2026, 12, 4), date(2026, 12, 11)
BY_HEAD = Namer.of("head/x", "x", Role.HEAD)
BY_OPERATOR = Namer.of("operator/x", "x", Role.OPERATOR)


def mailbox(name: str, role: RecipientRole, absent: str | None = None, end: date | None = None) -> Recipient:
    return Recipient(
        recipient_id=new_id(),
        unit_code="A",
        role=role,
        email=f"{name}@a.example.vn",
        valid_to=end,
        stands_in_for=absent and f"{absent}@a.example.vn",
    )


def test_each_role_may_do_what_those_before_it_may_do() -> None:
    """Else "no more than" would mean nothing."""
    for lesser, greater in ((CLERK, HEAD), (HEAD, SUPERVISOR)):
        for action in Action:
            if action in RIGHTS:
                for relation in Relation:
                    if allows(ROLES[lesser], relation, action):
                        assert allows(ROLES[greater], relation, action), (action, relation)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ([mailbox("head", HEAD), mailbox("d", HEAD, "head", EARLY)], None),
        ([mailbox("head", HEAD), mailbox("d", CLERK, "head", EARLY)], None),
        ([mailbox("head", HEAD, end=EARLY), mailbox("d", HEAD, "head", EARLY)], None),
        ([mailbox("clerk", CLERK), mailbox("d", HEAD, "clerk", EARLY)], StandInWithMore),
        ([mailbox("head", HEAD), mailbox("d", SUPERVISOR, "head", EARLY)], StandInWithMore),
        ([mailbox("head", HEAD), mailbox("d", HEAD, "head")], StandInWithoutEnd),
        ([mailbox("head", HEAD, end=EARLY), mailbox("d", HEAD, "head", LATE)], StandInWithoutEnd),
        ([mailbox("d", HEAD, "head", EARLY)], AbsentNotListed),
        ([mailbox("d", HEAD, "d", EARLY)], AbsentNotListed),
        (
            [
                mailbox("head", HEAD),
                mailbox("d", HEAD, "head", EARLY),
                mailbox("e", HEAD, "d", EARLY),
            ],
            AbsentNotListed,
        ),
    ],
)
def test_who_stands_in_has_no_more_and_no_longer(
    wanted: Sequence[Recipient], refusal: type[Refusal] | None
) -> None:
    if refusal is None:
        check([], wanted, BY_OPERATOR)
    else:
        with pytest.raises(refusal):
            check([], wanted, BY_OPERATOR)


def test_a_head_names_heads_and_clerks_and_leaves_a_supervisor_as_it_is() -> None:
    watch = mailbox("watch", SUPERVISOR, end=EARLY)
    check([watch], [watch, mailbox("a", CLERK), mailbox("b", HEAD)], BY_HEAD)
    for wanted in (replace(watch, valid_to=None), replace(watch, email="own@a.example.vn")):
        with pytest.raises(NamesMoreThanOwn):
            check([watch], [wanted], BY_HEAD)
        check([watch], [wanted], BY_OPERATOR)
    with pytest.raises(NamesMoreThanOwn):
        check([mailbox("a", CLERK)], [mailbox("a", SUPERVISOR)], BY_HEAD)


def test_who_stands_in_names_nobody() -> None:
    naming.require_own_right(None)
    naming.require_own_right(mailbox("head", HEAD))
    with pytest.raises(StandInCannotName):
        naming.require_own_right(mailbox("d", HEAD, "head", EARLY))


def test_what_is_used_is_bounded_by_what_the_absent_has_now() -> None:
    deputy = mailbox("d", HEAD, "head", LATE)
    head = mailbox("head", HEAD)
    assert bounded(head, None) is head
    assert bounded(deputy, None) is None
    used = bounded(deputy, mailbox("head", CLERK, end=EARLY))
    assert used is not None
    assert (used.role, used.valid_to) == (CLERK, EARLY)


def test_who_stands_in_ends_with_who_is_absent() -> None:
    head, other = mailbox("head", HEAD), mailbox("other", CLERK)
    assert without([head, mailbox("d", HEAD, "head", EARLY), other], head) == [other]
