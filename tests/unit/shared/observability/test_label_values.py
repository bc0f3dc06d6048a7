"""Labels have a bounded number of values, whatever clients and other releases send."""

import pytest

from shared.eventstore.streams import CONSUMERS
from shared.messaging.message_metrics import subject_label
from shared.observability.signals import LabelValues, Telemetry, method_label

ID = "00000000-0000-0000-0000-000000000007"


@pytest.mark.parametrize("pattern", [subject for consumer in CONSUMERS for subject in consumer.filters])
def test_a_subject_is_labelled_by_the_filter_of_its_consumer(pattern: str) -> None:
    assert subject_label(pattern.replace("*", ID)) == pattern


@pytest.mark.parametrize(
    "subject", [f"loa.draft.{ID}.registered", f"loa.draft.{ID}", "_INBOX.notifier.abc", ""]
)
def test_another_subject_is_other(subject: str) -> None:
    assert subject_label(subject) == "other"


@pytest.mark.parametrize(
    ("method", "label"), [("GET", "GET"), ("PATCH", "PATCH"), ("get", "other"), ("X1", "other")]
)
def test_a_method_that_http_does_not_define_is_other(method: str, label: str) -> None:
    assert method_label(method) == label


def test_only_the_first_values_are_kept() -> None:
    values = LabelValues(most=2)
    assert [values.of(value) for value in ("a", "b", "c", "a")] == ["a", "b", "other", "a"]


async def test_unknown_event_types_are_counted_under_a_bounded_number_of_labels() -> None:
    telemetry = Telemetry()
    for number in range(1000):
        telemetry.count_unknown(f"vn.loa.draft.later{number}.v1")
    lines = (await telemetry.exposition()).decode().splitlines()
    assert sum(line.startswith("loa_unknown_events_total{") for line in lines) == 51
