"""FastStream's Prometheus metrics with one label value for each consumer, instead of one for each subject."""

from collections.abc import Sequence
from typing import Any

from faststream.nats.prometheus.provider import settings_provider_factory
from faststream.prometheus import ConsumeAttrs, MetricsSettingsProvider
from faststream.prometheus.middleware import PrometheusMiddleware
from faststream.response import PublishCommand
from prometheus_client import CollectorRegistry

from shared.eventstore.streams import CONSUMERS
from shared.observability.signals import OTHER

FILTERS = tuple(subject for consumer in CONSUMERS for subject in consumer.filters)


def message_metrics(registry: CollectorRegistry) -> PrometheusMiddleware[Any, Any]:
    """Make the middleware. FastStream labels by the subject, which has the id of an aggregate: 38 series for each."""
    return PrometheusMiddleware(
        settings_provider_factory=_provider, registry=registry, metrics_prefix="faststream"
    )


def subject_label(subject: str) -> str:
    """Give the filter of a declared consumer that takes in the subject, else `other`."""
    words = subject.split(".")
    return next((pattern for pattern in FILTERS if _covers(pattern.split("."), words)), OTHER)


def _covers(pattern: Sequence[str], words: Sequence[str]) -> bool:
    return len(pattern) == len(words) and all(
        wanted in {"*", word} for wanted, word in zip(pattern, words, strict=True)
    )


class _BySubjectFilter:
    """Labels as FastStream's own provider does, except for the subject."""

    __slots__ = ("_below", "messaging_system")

    def __init__(self, below: MetricsSettingsProvider[Any, Any]) -> None:
        self._below = below
        self.messaging_system = below.messaging_system

    def get_consume_attrs_from_message(self, msg: Any) -> ConsumeAttrs:
        attributes = self._below.get_consume_attrs_from_message(msg)
        return {**attributes, "destination_name": subject_label(attributes["destination_name"])}

    def get_publish_destination_name_from_cmd(self, cmd: PublishCommand) -> str:
        return subject_label(self._below.get_publish_destination_name_from_cmd(cmd))


def _provider(message: Any) -> _BySubjectFilter | None:
    below = settings_provider_factory(message)
    return _BySubjectFilter(below) if below else None
