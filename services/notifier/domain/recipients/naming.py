"""Who may be named on a unit's list: nobody with more than the own role, and who stands in with no more than who is absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.notifier.domain.errors import (
    AbsentNotListed,
    NamesMoreThanOwn,
    StandInCannotName,
    StandInWithMore,
    StandInWithoutEnd,
)
from services.notifier.domain.recipients.audience import Recipient
from shared.contracts.vocabulary import RecipientRole, Role

WEIGHTS = (RecipientRole.FOCAL_POINT, RecipientRole.HEAD, RecipientRole.SUPERVISOR)
"""Each may do what those before it may do (`shared/rules/rights/table.py`)."""
NAMES: Mapping[Role, RecipientRole] = {Role.HEAD: RecipientRole.HEAD}
"""Up to which role somebody names mailboxes; who is not listed, up to the last."""


@dataclass(frozen=True, slots=True)
class Namer:
    """Who changes a list: the actor as events name it, the opaque id, and up to which role mailboxes are named."""

    actor: str
    subject: str = ""
    most: RecipientRole = RecipientRole.SUPERVISOR

    @classmethod
    def of(cls, actor: str, subject: str, role: Role) -> "Namer":
        return cls(actor, subject, NAMES.get(role, RecipientRole.SUPERVISOR))


def weight(role: RecipientRole) -> int:
    return WEIGHTS.index(role)


def check(listed: Sequence[Recipient], wanted: Sequence[Recipient], namer: Namer) -> None:
    """Raise what is wrong with a list that is to take the place of another one; what stays as it was is not the namer's."""
    as_before = {granted(each) for each in listed}
    by_email = {each.email: each for each in wanted}
    for each in wanted:
        if granted(each) not in as_before and weight(each.role) > weight(namer.most):
            raise NamesMoreThanOwn(each.role, namer.most)
        if each.stands_in_for is not None:
            _check_stand_in(each, by_email.get(each.stands_in_for))


def check_entry(listed: Sequence[Recipient], wanted: Recipient, namer: Namer, today: date) -> None:
    """Raise what is wrong with one more on a list, or with what becomes of one who stands there."""
    others = (each for each in listed if each.email != wanted.email and not each.has_ended(today))
    check(listed, [*others, wanted], namer)


def granted(recipient: Recipient) -> tuple[object, ...]:
    """Give what a mailbox may be used for: by whom, as what, and when."""
    return (
        *(recipient.email, recipient.role, recipient.stands_in_for),
        *(recipient.valid_from, recipient.valid_to),
    )


def _check_stand_in(recipient: Recipient, absent: Recipient | None) -> None:
    if absent is None or absent.stands_in_for is not None:
        raise AbsentNotListed(recipient.stands_in_for or "")
    if weight(recipient.role) > weight(absent.role):
        raise StandInWithMore(recipient.role, absent.role)
    if recipient.valid_to is None or (absent.valid_to and recipient.valid_to > absent.valid_to):
        raise StandInWithoutEnd(absent.valid_to)


def require_own_right(namer: Recipient | None) -> None:
    """Who stands in names nobody: with a mailbox of their own the last day would end nothing."""
    if namer is not None and namer.stands_in_for is not None:
        raise StandInCannotName


def without(listed: Sequence[Recipient], gone: Recipient) -> list[Recipient]:
    """Take one off a list, with who stands in for them."""
    return [each for each in listed if gone.email not in {each.email, each.stands_in_for}]


def bounded(recipient: Recipient, absent: Recipient | None) -> Recipient | None:
    """Give what a mailbox is used for today: of who stands in, no more than the absent one has; None if that is nothing."""
    if recipient.stands_in_for is None:
        return recipient
    if absent is None:
        return None
    last_days = [day for day in (recipient.valid_to, absent.valid_to) if day]
    return replace(
        recipient, role=min(recipient.role, absent.role, key=weight), valid_to=min(last_days, default=None)
    )
