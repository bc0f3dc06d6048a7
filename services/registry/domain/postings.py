"""Postings of a draft for comment: opened, extended, closed; to post again is a new posting."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial, reduce
from typing import assert_never
from uuid import UUID

from services.registry.domain import errors
from services.registry.domain.draft_commands import (
    CancelPosting,
    ClosePosting,
    CorrectPosting,
    ExtendPosting,
    OpenPosting,
    PostingCommand,
    RecordPosting,
)
from shared.contracts.registry import (
    DraftPostingCancelled,
    DraftPostingClosed,
    DraftPostingExtended,
    DraftPostingOpened,
)
from shared.contracts.vocabulary import Precision, Stage
from shared.rules import facts
from shared.rules.sequence import check_recorded_day

PostingEvent = DraftPostingOpened | DraftPostingExtended | DraftPostingClosed | DraftPostingCancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    opened: DraftPostingOpened
    extensions: tuple[DraftPostingExtended, ...] = ()
    closed: DraftPostingClosed | None = None

    @property
    def extended_to(self) -> tuple[date, ...]:
        return tuple(extension.closes_on for extension in self.extensions)

    @property
    def planned_end(self) -> date | None:
        return next(reversed(self.extended_to), self.opened.closes_on)

    @property
    def fact(self) -> facts.Posting:
        return facts.Posting(
            posting_id=self.opened.posting_id,
            stage=self.opened.stage,
            opened_on=self.opened.opened_on,
            closes_on=self.opened.closes_on,
            extended_to=self.extended_to,
            closed_on=self.closed.closed_on if self.closed else None,
        )


Postings = tuple[Posting, ...]
NO_POSTINGS: Postings = ()


def decide(postings: Postings, command: PostingCommand) -> Sequence[PostingEvent]:
    match command:
        case RecordPosting():
            return _record(postings, command)
        case OpenPosting():
            return _open(postings, command)
        case ExtendPosting():
            return _extend(postings, DraftPostingExtended.of(command))
        case ClosePosting():
            return _close(postings, DraftPostingClosed.of(command), command.today)
        case CancelPosting():
            _existing(postings, command.posting_id)
            return [DraftPostingCancelled.of(command)]
        case _:
            assert_never(command)


def _open(postings: Postings, command: OpenPosting) -> Sequence[PostingEvent]:
    posting = DraftPostingOpened.of(command)
    check_recorded_day(posting.opened_on, Precision.DAY, command.today)
    if posting.stage.order >= Stage.ADOPTED.order:
        raise errors.NothingToPost(posting.stage)
    if posting.closes_on is not None and posting.closes_on < posting.opened_on:
        raise errors.PostingEndsBefore(posting.opened_on, posting.closes_on)
    if (existing := _with_id(postings, posting.posting_id)) is not None:
        if existing.opened != posting:
            raise errors.PostingDiffers(posting.stage, posting.opened_on)
        return []
    for other in postings:
        same = other.opened.stage is posting.stage and other.closed is None
        if same and other.opened.opened_on <= posting.opened_on:
            raise errors.PostingStillOpen(posting.stage, other.opened.opened_on)
    return [posting]


def _extend(postings: Postings, extension: DraftPostingExtended) -> Sequence[PostingEvent]:
    posting = _existing(postings, extension.posting_id)
    if extension.closes_on in posting.extended_to[-1:]:
        return []
    if posting.closed is not None:
        raise errors.PostingClosed(posting.closed.closed_on)
    end = posting.planned_end or posting.opened.opened_on
    if extension.closes_on <= end:
        raise errors.PostingNotExtended(end, extension.closes_on)
    return [extension]


def _close(postings: Postings, closing: DraftPostingClosed, today: date) -> Sequence[PostingEvent]:
    posting = _existing(postings, closing.posting_id)
    check_recorded_day(closing.closed_on, Precision.DAY, today)
    if posting.closed is not None:
        if posting.closed.closed_on == closing.closed_on:
            return []
        raise errors.PostingClosed(posting.closed.closed_on)
    if closing.closed_on < posting.opened.opened_on:
        raise errors.PostingEndsBefore(posting.opened.opened_on, closing.closed_on)
    return [closing]


def _record(postings: Postings, command: RecordPosting) -> Sequence[PostingEvent]:
    """Record the steps of a row one after another; steps that are recorded already are left out."""
    number = command.posting_id
    existing = _with_id(postings, number)
    steps: list[Callable[[Postings], Sequence[PostingEvent]]] = [lambda before: _open(before, command)]
    for day in command.extended_to:
        if existing is None or day not in existing.extended_to:
            extension = DraftPostingExtended(posting_id=number, closes_on=day)
            steps.append(partial(_extend, extension=extension))
    if command.closed_on is not None:
        closing = DraftPostingClosed(posting_id=number, closed_on=command.closed_on)
        steps.append(partial(_close, closing=closing, today=command.today))
    events: list[PostingEvent] = []
    for step in steps:
        for event in step(postings):
            postings = evolve(postings, event)
            events.append(event)
    return events


def correct(postings: Postings, command: CorrectPosting, number: UUID) -> Sequence[PostingEvent]:
    """Take a posting back and record it as `number`, as it should stand: both, or neither if one of them is refused.

    What a correction does not name stays: source and notes, the reasons, and extensions before the last one.
    """
    was = _existing(postings, command.posting_id)
    gone = DraftPostingCancelled.of(command)
    others = evolve(postings, gone)
    if _with_id(others, number) is not None:
        raise errors.PostingExists(command.stage, command.opened_on)
    events = list(_with_reasons(was, _record(others, _row_of(was, command, number))))
    now = reduce(evolve, events, NO_POSTINGS)
    return [] if now == (was,) else [gone, *events]


def is_corrected(postings: Postings, command: CorrectPosting, number: UUID) -> bool:
    """Say whether a posting stands already as a correction has it."""
    now = _with_id(postings, number)
    return now is not None and not correct((now,), replace(command, posting_id=number), number)


def _row_of(was: Posting, command: CorrectPosting, number: UUID) -> RecordPosting:
    first, last = command.closes_on or command.opened_on, command.extended_to
    earlier = [day for day in was.extended_to[:-1] if last is not None and first < day < last]
    return RecordPosting(
        posting_id=number,
        stage=command.stage,
        opened_on=command.opened_on,
        closes_on=command.closes_on,
        place=command.place,
        source=was.opened.source,
        notes=was.opened.notes,
        extended_to=(*earlier, *([last] if last is not None else [])),
        closed_on=command.closed_on,
        by=command.by,
        today=command.today,
    )


def _with_reasons(was: Posting, events: Iterable[PostingEvent]) -> Iterator[PostingEvent]:
    reasons = {extension.closes_on: extension.reason for extension in was.extensions}
    last = was.extensions[-1].reason if was.extensions else None
    for event in events:
        match event:
            case DraftPostingExtended():
                yield event.model_copy(update={"reason": reasons.get(event.closes_on, last)})
            case DraftPostingClosed():
                yield event.model_copy(update={"reason": was.closed.reason if was.closed else None})
            case _:
                yield event


def evolve(postings: Postings, event: PostingEvent) -> Postings:
    match event:
        case DraftPostingOpened():
            return (*postings, Posting(opened=event))
        case DraftPostingExtended():
            return _with(
                postings,
                event.posting_id,
                lambda posting: replace(posting, extensions=(*posting.extensions, event)),
            )
        case DraftPostingClosed():
            return _with(postings, event.posting_id, lambda posting: replace(posting, closed=event))
        case DraftPostingCancelled():
            return tuple(each for each in postings if each.opened.posting_id != event.posting_id)
        case _:
            assert_never(event)


def _with(postings: Postings, number: UUID, change: Callable[[Posting], Posting]) -> Postings:
    return tuple(change(posting) if posting.opened.posting_id == number else posting for posting in postings)


def _with_id(postings: Postings, number: UUID) -> Posting | None:
    return next((posting for posting in postings if posting.opened.posting_id == number), None)


def _existing(postings: Postings, number: UUID) -> Posting:
    if (posting := _with_id(postings, number)) is None:
        raise errors.PostingNotFound(number)
    return posting
