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
        "shared.eventstore.jetstream:JetStreamEventStore.load",
        "shared.eventstore.jetstream:JetStreamEventStore.append",
        "shared.eventstore.jetstream:JetStreamEventStore._publish",
        "shared.projections.rows:CheckpointTables.lock",
        "shared.projections.rows:CheckpointTables.advance",
        "shared.projections.batches:Batches.project",
    ),
    "campaigns": ("shared.eventstore.jetstream:JetStreamEventStore.append",),
    "metrics": (
        "shared.projections.batches:Batches.project",
        "services.metrics.application.projections:GapReconciler.reconcile",
        "shared.eventstore.jetstream:JetStreamEventStore.append",
    ),
}
MAIL_PATH = {
    "notifier": (
        "services.notifier.application.alert_publisher:AlertPublisher.follow_gaps",
        "services.notifier.application.alert_publisher:AlertPublisher.follow_mails",
        "services.notifier.application.alert_publisher:AlertPublisher._append",
        "services.notifier.adapters.planning.snapshot:SqlSnapshots.read",
        "services.notifier.adapters.delivery.ledger:SqlLedger.enqueue",
        "services.notifier.adapters.delivery.ledger:SqlLedger.claim",
        "services.notifier.adapters.delivery.ledger:SqlLedger.finish",
        "services.notifier.adapters.delivery.ledger:SqlLedger.unannounced",
        "services.notifier.adapters.delivery.ledger:SqlLedger.announced",
        "services.notifier.adapters.delivery.transports:SmtpTransport.deliver",
        "services.notifier.adapters.planning.snapshot:SqlMailRuns.close",
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
