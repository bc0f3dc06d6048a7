"""The audit log: who read what names people or what was written to them, one line each."""

from shared.auth.tokens import Principal
from shared.observability import signals

logger = signals.get_logger("audit")


def audited(what: str, principal: Principal, **facts: object) -> None:
    """Note that somebody reads `what`; `facts` say of which unit or mail, never an address."""
    logger.info("personal_data_read", what=what, by=principal.actor, of_unit=principal.unit, **facts)
