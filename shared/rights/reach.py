"""For which units a caller may do an action on one day, by the table and the directory; pure."""

from dataclasses import dataclass, field

from shared.contracts.event import Acting
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Refusal
from shared.rights.actions import Action, Relation
from shared.rights.table import allows

NEEDS_DIRECTORY = frozenset({Relation.BELOW, Relation.AREA})


class OtherUnit(Refusal):
    """The object belongs to a unit for which the caller may not do this."""

    code = "forbidden"
    kind = "forbidden"

    def __init__(self, unit_code: str | None) -> None:
        of_vi = f"của đơn vị “{unit_code}”" if unit_code else "đối với tất cả đơn vị"
        of_en = f"for the unit '{unit_code}'" if unit_code else "for all units"
        super().__init__(
            f"Thao tác này {of_vi} không thuộc phạm vi được giao của tài khoản đang dùng; đề nghị chọn đơn vị mình hoặc đơn "
            "vị được giao theo dõi, hoặc chuyển cho cơ quan theo dõi đơn vị đó hay người vận hành.",
            f"This account may not do this {of_en}; choose the own unit or one that it follows, or turn to the body that "
            "follows that unit, or to an operator.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The unit of a caller, with the units below it and those of its area of supervision on a day."""

    unit_code: str | None = None
    below: frozenset[str] = field(default_factory=frozenset)
    area: frozenset[str] = field(default_factory=frozenset)

    def relation(self, unit_code: str | None) -> Relation:
        """Say how the caller stands to an object of a unit (None: of no unit)."""
        if unit_code is None:
            return Relation.NONE
        if unit_code == self.unit_code:
            return Relation.OWN
        if unit_code in self.below:
            return Relation.BELOW
        return Relation.AREA if unit_code in self.area else Relation.ELSEWHERE


def needs_directory(role: Role, action: Action) -> bool:
    """Tell whether it depends on the tree and the areas for whom a role may do it."""
    everywhere = allows(role, Relation.ELSEWHERE, action)
    return not everywhere and any(allows(role, relation, action) for relation in NEEDS_DIRECTORY)


def acting(role: Role, action: Action, standing: Standing) -> Acting:
    """Resolve the table for one caller: the units for which the action is allowed, or everywhere."""
    if allows(role, Relation.ELSEWHERE, action):
        return Acting(standing.unit_code, supervises=role is Role.OPERATOR, everywhere=True)
    codes = {standing.unit_code, *standing.below, *standing.area} - {None}
    units = frozenset(
        code for code in codes if code is not None and allows(role, standing.relation(code), action)
    )
    return Acting(standing.unit_code, units=units, decides=role is Role.SUPERVISOR)


def require(by: Acting, unit_code: str | None) -> None:
    """Refuse an object of a unit (None: of no unit) for which the caller may not act (`OtherUnit`)."""
    allowed = by.supervises if unit_code is None else by.may_act_for(unit_code)
    if not allowed:
        raise OtherUnit(unit_code)
