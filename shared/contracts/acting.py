"""For whom a command is given, as far as that decides whether it may be carried out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acting:
    """A unit by its code, or who supervises (the supervising role, an operator, the system itself).

    An official whom no unit is known of acts for none.
    """

    unit_code: str | None = None
    supervises: bool = False

    def may_act_for(self, unit_code: str) -> bool:
        return self.supervises or self.unit_code == unit_code


SUPERVISION = Acting(supervises=True)
