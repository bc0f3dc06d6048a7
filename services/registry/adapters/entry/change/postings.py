"""How the forms of policies and postings are read and filled with what is recorded."""

from uuid import UUID

from services.registry.adapters import bodies
from services.registry.adapters.entry.change.form import Number
from services.registry.adapters.entry.change.subjects import policy_named, posting_named
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft
from services.registry.domain.errors import PostingClosed
from shared.contracts.vocabulary import Stage
from shared.eventstore.handle import History
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.entry import body_of
from shared.pages.forms import Fields

MOST_WORDS = 2000
LISTED_BY = ";"
ENDS_OF_POSTING = ("closes_on", "extended_to", "closed_on")


def read_policy(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    groups = form.words("affected_groups", MOST_WORDS, required=False) or ""
    values = {
        "title": form.words("title", MOST_WORDS),
        "affected_groups": tuple(filter(None, (group.strip() for group in groups.split(LISTED_BY)))),
    }
    body = body_of(form, bodies.PolicyChange, values)
    return body.command(number, given) if body and isinstance(number, int) else None


def policy_now(draft: Draft, _: History, number: Number | None) -> dict[str, list[str]]:
    policy = policy_named(draft, number)
    groups = f"{LISTED_BY} ".join(policy.affected_groups)
    return {"title": [policy.title], "affected_groups": [groups]}


def read_removal(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    reason = form.words("reason", MOST_WORDS)
    if form.errors or not isinstance(number, int):
        return None
    return drafts.RemovePolicy(policy_no=number, reason=reason, **given)


def read_posting(form: Fields, given: Given, draft_code: Number | None) -> drafts.Command | None:
    opened, closes = date_in_boxes(form, "opened_on", whole=True), _end(form, "closes_on", required=False)
    values = {
        "stage": form.one_of("stage", Stage),
        "opened_on": opened and opened[0],
        "closes_on": closes,
        "place": form.words("place", MOST_WORDS, required=False),
    }
    body = body_of(form, bodies.NewPosting, values)
    return body.command(draft_code, given) if body and isinstance(draft_code, str) else None


def read_extension(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    values = {"closes_on": _end(form, "closes_on"), "reason": form.words("reason", MOST_WORDS)}
    body = body_of(form, bodies.PostingExtension, values)
    return body.command(number, given) if body and isinstance(number, UUID) else None


def read_closure(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    values = {
        "closed_on": _end(form, "closed_on"),
        "reason": form.words("reason", MOST_WORDS, required=False),
    }
    body = body_of(form, bodies.PostingClosure, values)
    return body.command(number, given) if body and isinstance(number, UUID) else None


def read_posting_correction(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    opened = date_in_boxes(form, "opened_on", whole=True)
    values = {
        "stage": form.one_of("stage", Stage),
        "opened_on": opened and opened[0],
        **{name: _end(form, name, required=False) for name in ENDS_OF_POSTING},
        "place": form.words("place", MOST_WORDS, required=False),
        "reason": form.words("reason", MOST_WORDS),
        "document": form.words("document", MOST_WORDS, required=False),
    }
    body = body_of(form, bodies.PostingCorrection, values)
    return body.command(number, given) if body and isinstance(number, UUID) else None


def posting_as_recorded(draft: Draft, _: History, number: Number | None) -> dict[str, list[str]]:
    posting = posting_named(draft, number)
    opened = posting.opened
    ends = (
        opened.closes_on,
        next(reversed(posting.extended_to), None),
        posting.closed.closed_on if posting.closed else None,
    )
    filled = {"stage": [opened.stage.value], "place": [opened.place or ""]}
    for name, day in (("opened_on", opened.opened_on), *zip(ENDS_OF_POSTING, ends, strict=True)):
        filled |= in_boxes(name, day) if day else {}
    return filled


def _end(form: Fields, name: str, *, required: bool = True) -> object:
    dated = date_in_boxes(form, name, required=required, whole=True)
    return dated and dated[0]


def posting_now(draft: Draft, _: History, number: Number | None) -> dict[str, list[str]]:
    """Fill in the end that is planned; refuse a posting that has ended."""
    posting = posting_named(draft, number)
    if posting.closed is not None:
        raise PostingClosed(posting.closed.closed_on)
    end = posting.planned_end
    return in_boxes("closes_on", end) | in_boxes("closed_on", end) if end else {}
