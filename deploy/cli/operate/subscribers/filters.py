"""Checks the filter of a subscriber before a durable consumer gets it; pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations

from deploy.cli.console import CommandError, listed
from shared.contracts.envelope import CATALOG, subject_of
from shared.eventstore.subscriber_states import EVERYTHING

WORD = re.compile(r"[^\s.*>]+|\*")
ANY_ID = "id"


def checked(subjects: Sequence[str]) -> tuple[str, ...]:
    """Give the filter sorted and without duplicates; raises `CommandError` for one that is wrong or matches no event type."""
    filters = tuple(sorted(set(subjects))) or EVERYTHING
    for subject in filters:
        if not _is_subject(subject):
            raise _not_a_subject(subject)
        if not any(matches(subject, event) for event in _events()):
            raise _matches_nothing(subject)
    for wide, narrow in permutations(filters, 2):
        if _overlap(wide.split("."), narrow.split(".")):
            raise _overlapping(wide, narrow)
    return filters


def matches(subject: str, event: str) -> bool:
    """Whether a filter matches the subject of an event; the aggregate id `id` stands for any."""
    pattern, words = subject.split("."), event.split(".")
    if pattern[-1] == ">":
        if len(words) < len(pattern):
            return False
        pattern, words = pattern[:-1], words[: len(pattern) - 1]
    return len(pattern) == len(words) and all(
        wanted in {"*", word} or word == ANY_ID for wanted, word in zip(pattern, words, strict=True)
    )


def _events() -> Iterator[str]:
    return (subject_of(model, ANY_ID) for model in CATALOG.types.values())


def _is_subject(subject: str) -> bool:
    *words, last = subject.split(".")
    return all(WORD.fullmatch(word) for word in words) and (last == ">" or WORD.fullmatch(last) is not None)


def _overlap(left: list[str], right: list[str]) -> bool:
    if not left or not right:
        return left == right
    if ">" in {left[0], right[0]}:
        return True
    return (left[0] == right[0] or "*" in {left[0], right[0]}) and _overlap(left[1:], right[1:])


def _not_a_subject(subject: str) -> CommandError:
    return CommandError(
        f"Bộ lọc “{subject}” không phải là chủ đề NATS; ví dụ đúng: loa.compliance.*.gap_opened.",
        f"The filter “{subject}” is not a NATS subject; a valid example: loa.compliance.*.gap_opened.",
    )


def _matches_nothing(subject: str) -> CommandError:
    contexts = listed(sorted({model.context for model in CATALOG.types.values()}))
    return CommandError(
        f"Bộ lọc “{subject}” không khớp với loại sự kiện nào; dạng đúng là loa.<nhóm>.<id>.<sự kiện>, "
        f"nhóm là một trong: {contexts}. Danh mục: GET /schemas.",
        f"The filter “{subject}” matches no event type; subjects are loa.<context>.<id>.<event>, with a context "
        f"out of: {contexts}. GET /schemas lists the events.",
    )


def _overlapping(wide: str, narrow: str) -> CommandError:
    return CommandError(
        f"Hai bộ lọc “{wide}” và “{narrow}” trùng nhau một phần; đề nghị bỏ bộ lọc hẹp hơn.",
        f"The filters “{wide}” and “{narrow}” overlap; leave out the narrower one.",
    )
