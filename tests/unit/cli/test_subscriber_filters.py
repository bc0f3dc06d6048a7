"""Filters of subscribers: subjects that match an event type and do not overlap; others are refused with what to do."""

import pytest

from deploy.cli.console import CommandError
from deploy.cli.operate.subscribers.filters import checked

GAPS = "loa.compliance.*.gap_opened"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), ("loa.>",)),
        (("loa.>",), ("loa.>",)),
        ((GAPS,), (GAPS,)),
        (("loa.unit.>", "loa.draft.*.registered"), ("loa.draft.*.registered", "loa.unit.>")),
        ((GAPS, GAPS), (GAPS,)),
        (("loa.*.*.registered",), ("loa.*.*.registered",)),
        (
            ("loa.draft.0193a6c0-0000-7000-8000-000000000000.*",),
            ("loa.draft.0193a6c0-0000-7000-8000-000000000000.*",),
        ),
        ((">",), (">",)),
    ],
)
def test_a_filter_is_sorted_and_kept(given: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert checked(given) == expected


@pytest.mark.parametrize(
    "subject",
    ["", " ", "loa..x", "loa.>.x", "loa.draft*.x.y", "loa.draft.* .registered", "loa.", ".loa", "loa.dr>"],
)
def test_what_is_no_subject_is_refused(subject: str) -> None:
    with pytest.raises(CommandError, match="not a NATS subject"):
        checked([subject])


@pytest.mark.parametrize(
    "subject",
    [
        "loa",
        "loa.draft",
        "loa.compliance.gap_opened",  # without the aggregate's place
        "loa.compliance.*.gap_open",
        "loa.registry.*.registered",  # a service, not a context
        "Loa.draft.>",
        "loa.draft.*.registered.v1",
        "vn.loa.draft.registered.v1",  # a type, not a subject
        "loa-ticks.>",
    ],
)
def test_what_matches_no_event_type_is_refused(subject: str) -> None:
    with pytest.raises(CommandError, match="matches no event type"):
        checked([GAPS, subject])


@pytest.mark.parametrize(
    "given",
    [
        ("loa.>", GAPS),
        ("loa.compliance.>", GAPS),
        ("loa.*.*.registered", "loa.draft.*.*"),
        (GAPS, "loa.*.*.gap_opened"),
    ],
)
def test_filters_that_overlap_are_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="overlap"):
        checked(given)
