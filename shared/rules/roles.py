"""Who performed a communication, and in which role (compliance rules: which communications count for the duty)."""

from shared.contracts.vocabulary import CommunicationRole


def role_of(role: CommunicationRole | None, unit_code: str | None, lead_unit_code: str) -> CommunicationRole:
    """Return the role of a communication; `lead_unit_code` led the draft on the first day that it may have been held."""
    if role is not None:
        return role
    led = unit_code in {None, lead_unit_code}
    return CommunicationRole.LEAD if led else CommunicationRole.SUPPORT


def performing_unit(unit_code: str | None, lead_unit_code: str) -> str:
    """Return the unit that performed it: without one, the lead unit of the draft on that day."""
    return unit_code or lead_unit_code
