"""How campaigns shows a communication."""

from typing import Any

from services.campaigns.domain.communication import Communication
from shared.eventstore.port import History


def communication_view(communication: Communication, history: History) -> dict[str, Any]:
    """Everything that is known of a communication, as it stands after all corrections."""
    retracted = communication.retracted
    return {
        **communication.activity.model_dump(mode="json", exclude={"dataset", "reason"}),
        "dataset": communication.recorded.dataset,
        "retracted": retracted is not None,
        "retraction_reason": retracted.reason if retracted else None,
        "version": history.version.count,
    }
