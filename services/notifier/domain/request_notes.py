"""Mails about requests: to who asked when it is decided, to who decides when something new waits."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.notifier.domain.digest import Line
from services.notifier.domain.gaps.gap_alert import UnitRequest
from services.notifier.domain.notification.timing import DECISION, REQUESTS
from services.notifier.domain.recipients.audience import Audience, Recipient, once_an_address


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionNote:
    """Tells who asked how a request was decided: one mail for each request and address, ever."""

    recipient: Recipient
    day: date
    request: UnitRequest
    names: Mapping[str, str]
    kind: str = DECISION
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        return f"{DECISION}.{self.request.request_id}.{self.recipient.recipient_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsNote:
    """Lists what waits for the decision of a body; it goes out when a request is new to that body."""

    recipient: Recipient
    day: date
    decider_code: str
    requests: Sequence[UnitRequest]
    names: Mapping[str, str]
    kind: str = REQUESTS
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        newest = self.requests[-1].request_id
        return f"{REQUESTS}.{newest}.{self.decider_code}.{self.recipient.recipient_id}"


def decision_notes(
    requests: Iterable[UnitRequest], audience: Audience, names: Mapping[str, str], day: date
) -> Iterator[DecisionNote]:
    """Write to who answers for the duties of the unit that asked."""
    for request in requests:
        if not request.is_decided or request.settled_on is None or request.settled_on > day:
            continue
        recipients = [each for reach in audience.of_duty(request.unit_code) for each in reach.recipients]
        for recipient in once_an_address(recipients):
            yield DecisionNote(recipient=recipient, day=day, request=request, names=names)


def requests_notes(
    requests: Iterable[UnitRequest], audience: Audience, names: Mapping[str, str], day: date
) -> Iterator[RequestsNote]:
    """Write to who reads for each body that has something to decide."""
    waiting: dict[str, list[UnitRequest]] = defaultdict(list)
    for request in requests:
        if request.is_waiting and request.decider_code is not None:
            waiting[request.decider_code].append(request)
    for decider, listed in waiting.items():
        reach = audience.at_or_above(decider)
        for recipient in once_an_address(reach.recipients if reach else ()):
            yield RequestsNote(
                recipient=recipient, day=day, decider_code=decider, requests=listed, names=names
            )
