"""Who reads at an address: one person, in however many units and roles the address is listed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from services.notifier.domain.recipients.recipient import Recipient


def address_of(recipient: Recipient) -> str:
    return recipient.email.strip().casefold()


class AddressBook:
    """Recipients by address. A person gets one mail a day of one purpose, whatever lists name the address."""

    def __init__(self, recipients: Iterable[Recipient], day: date) -> None:
        self._valid: dict[str, list[Recipient]] = defaultdict(list)
        self._ids: dict[str, set[UUID]] = defaultdict(set)
        for recipient in recipients:
            self._ids[address_of(recipient)].add(recipient.recipient_id)
            if recipient.is_valid_on(day):
                self._valid[address_of(recipient)].append(recipient)

    def __iter__(self) -> Iterator[tuple[Recipient, ...]]:
        """Give for each address the recipients that are valid on the day, in the order of the list."""
        return (tuple(recipients) for recipients in self._valid.values())

    def alike(self, recipient: Recipient) -> tuple[Recipient, ...]:
        """Give the valid recipients at the address of one, itself among them."""
        return tuple(self._valid.get(address_of(recipient), ())) or (recipient,)

    def ids(self, recipient: Recipient) -> frozenset[UUID]:
        """Give the ids of all that were ever listed with the address: the ledger has mails of each."""
        return frozenset(self._ids.get(address_of(recipient), ())) | {recipient.recipient_id}


def once_an_address(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Give the first recipient of each address."""
    first: dict[str, Recipient] = {}
    for recipient in recipients:
        first.setdefault(address_of(recipient), recipient)
    return list(first.values())
