"""Places in the write path and in the mail path at which a test lets a process die.

A failpoint is `module:Class.method:before` or `…:after`: the process is killed when the method is first called, or when
it first returns. They are set up by the test's process only; the product has no code for them.
"""

import os
import signal
from functools import wraps
from importlib import import_module
from typing import Any

WRITE_PATH = {
    "registry": (
        "shared.http.requests.idempotency:KeptAnswers._claimed",
        "shared.http.requests.idempotency:KeptAnswers._carry_out",
        "shared.http.requests.idempotency:KeptAnswers._end",
        "shared.eventstore.jetstream:JetStreamEventStore.load",
        "shared.eventstore.jetstream:JetStreamEventStore.append",
        "shared.eventstore.jetstream:JetStreamEventStore._publish",
        "shared.projections.log_fence:LogFence.confirm",
        "shared.projections.rows:CheckpointTables.advance",
        "shared.directory.projection:DirectoryProjection.apply",
        "shared.projections.batches:Batches._commit",
        "shared.projections.batches:Batches.project",
    ),
    "campaigns": (
        "shared.http.requests.idempotency:KeptAnswers._carry_out",
        "shared.eventstore.jetstream:JetStreamEventStore._publish",
        "shared.eventstore.jetstream:JetStreamEventStore.append",
        "shared.projections.batches:Batches.project",
    ),
    "metrics": (
        "shared.projections.rows:CheckpointTables.advance",
        "services.metrics.adapters.projection.records:MetricsProjection.apply",
        "services.metrics.adapters.projection.records:SqlRecords.replace",
        "shared.projections.batches:Batches.project",
        "services.metrics.adapters.projection.records:MetricsProjection.caught_up",
        "services.metrics.application.projections:GapReconciler.reconcile",
        "services.metrics.application.projections:GapReconciler._append",
        "shared.eventstore.jetstream:JetStreamEventStore._publish",
        "shared.eventstore.jetstream:JetStreamEventStore.append",
    ),
}
MAIL_PATH = {
    "notifier": (
        "services.notifier.adapters.planning.snapshot:NotifierProjection.apply",
        "services.notifier.adapters.planning.snapshot:NotifierProjection.caught_up",
        "services.notifier.application.alert_publisher:AlertPublisher.follow_gaps",
        "services.notifier.application.alert_publisher:AlertPublisher._append",
        "shared.eventstore.handle:OverlayEventStore.write",
        "services.notifier.application.ticks:Ticks.tick",
        "services.notifier.application.pipeline:Pipeline.plan",
        "services.notifier.adapters.planning.snapshot:SqlSnapshots.read",
        "services.notifier.application.ticks:Ticks._queue",
        "services.notifier.adapters.delivery.ledger:SqlLedger.enqueue",
        "services.notifier.application.ticks:Sender.claim",
        "services.notifier.adapters.delivery.ledger:SqlLedger.claim",
        "services.notifier.application.ticks:Sender.attempt",
        "services.notifier.adapters.delivery.transports:SmtpTransport.deliver",
        "services.notifier.adapters.delivery.ledger:SqlLedger.finish",
        "services.notifier.application.alert_publisher:AlertPublisher.follow_mails",
        "services.notifier.adapters.delivery.ledger:SqlLedger.unannounced",
        "services.notifier.adapters.delivery.ledger:SqlLedger.announced",
        "services.notifier.adapters.planning.snapshot:SqlMailRuns.close",
        "services.notifier.application.ticks:Ticks._report",
    ),
}
FAILPOINTS = tuple(
    (service, f"{place}:{when}")
    for path in (WRITE_PATH, MAIL_PATH)
    for service, places in path.items()
    for place in places
    for when in ("before", "after")
)


def set_up(name: str) -> None:
    """Let this process die at a failpoint; raises if there is no such method."""
    module, _, rest = name.partition(":")
    place, _, when = rest.partition(":")
    owner_name, _, method_name = place.partition(".")
    owner = getattr(import_module(module), owner_name)
    setattr(owner, method_name, _dying(getattr(owner, method_name), when))


def _dying(method: Any, when: str) -> Any:
    @wraps(method)
    async def dying(*arguments: Any, **options: Any) -> Any:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await method(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return dying
