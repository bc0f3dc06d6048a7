"""The whole table of rights, cell by cell, through what decides at the routes and in the aggregates."""

from dataclasses import replace

import pytest

from shared.contracts.event import Acting
from shared.contracts.vocabulary import Role
from shared.kernel.errors import Refusal
from shared.rules.rights.actions import Action, Relation
from shared.rules.rights.table import (
    BY_LINK,
    GROUP_OF,
    OPEN,
    PUBLIC,
    RIGHTS,
    OtherUnit,
    Standing,
    acting,
    allows,
    cells,
    needs_directory,
    require,
    roles_of,
)

UNIT_OF = {
    Relation.OWN: "HN-STP",
    Relation.BELOW: "HN-STP-PHONG",
    Relation.AREA: "HN-SYT",
    Relation.ELSEWHERE: "HUE-SYT",
    Relation.NONE: None,
}
CALLER = Standing(
    unit_code="HN-STP",
    below=frozenset({"HN-STP-PHONG"}),
    area=frozenset({"HN", "HN-STP", "HN-STP-PHONG", "HN-SYT"}),
)
# The promises of the table in words, written a second time: group, role, and where it holds.
OWN, BELOW, AREA = {Relation.OWN}, {Relation.BELOW}, {Relation.AREA}
PROMISED = {
    ("personal data", Role.HEAD): OWN | BELOW,
    ("personal data", Role.SUPERVISOR): OWN | BELOW | AREA,
    ("requests", Role.UNIT): OWN,
    ("requests", Role.HEAD): OWN | BELOW,
    ("requests", Role.SUPERVISOR): OWN | BELOW | AREA,
    ("duty", Role.UNIT): OWN,
    ("duty", Role.HEAD): OWN,
    ("duty", Role.SUPERVISOR): OWN | BELOW | AREA,
    ("care", Role.SUPERVISOR): OWN | BELOW | AREA,
    ("mailboxes", Role.HEAD): OWN,
    ("mailboxes", Role.SUPERVISOR): OWN | BELOW | AREA,
    ("oversight", Role.SUPERVISOR): BELOW | AREA,
}


def expected(role: Role, relation: Relation, action: Action) -> bool:
    if action in OPEN:
        return True
    if action in BY_LINK:
        return False
    if role is Role.OPERATOR or action in PUBLIC:
        return True
    return relation in PROMISED.get((GROUP_OF[action], role), set())


def admitted(by: Acting, unit_code: str | None) -> bool:
    try:
        require(by, unit_code)
    except OtherUnit:
        return False
    return True


def test_every_cell_is_as_promised() -> None:
    """Allowed and refused, in the table and by what carries it to the object of a unit."""
    counted = {True: 0, False: 0}
    for role, relation, action in cells():
        promised = expected(role, relation, action)
        counted[promised] += 1
        assert allows(role, relation, action) == promised, (role, relation, action)
        if action in RIGHTS and action not in PUBLIC:
            by = acting(role, action, CALLER)
            assert admitted(by, UNIT_OF[relation]) == promised, (role, relation, action)
            assert _listed(by, UNIT_OF[relation]) == promised, (role, relation, action)
    size = len(Role) * len(Relation) * len(Action)
    print(f"cells {size}: {counted[True]} allowed, {counted[False]} refused")  # noqa: T201  the size is to be seen
    assert sum(counted.values()) == size == len(Role) * len(Relation) * 102


def _listed(by: Acting, unit_code: str | None) -> bool:
    return by.limit is None or unit_code in by.limit


@pytest.mark.parametrize("role", [Role.UNIT, Role.HEAD, Role.SUPERVISOR])
def test_a_token_without_a_unit_acts_for_nobody(role: Role) -> None:
    for action in (action for action in Action if action in RIGHTS and action not in PUBLIC):
        by = acting(role, action, Standing())
        assert by.limit == frozenset(), action
        assert not any(admitted(by, unit) for unit in UNIT_OF.values()), action


def test_a_reader_only_reads_what_is_public() -> None:
    assert {action for action in RIGHTS if Role.READER in roles_of(action)} == PUBLIC


def test_only_an_operator_acts_on_what_belongs_to_no_unit() -> None:
    for role, relation, action in cells():
        if relation is Relation.NONE and action in RIGHTS and action not in PUBLIC:
            assert allows(role, relation, action) == (role is Role.OPERATOR), (role, action)


def test_nobody_supervises_itself() -> None:
    """Its area may have the unit itself (the province of a justice department): that decides nothing."""
    for action in (
        Action.VERIFY_COMMUNICATION,
        Action.ADD_SILENCE,
        Action.SET_SUPERVISION,
        Action.AMEND_UNIT,
    ):
        assert not acting(Role.SUPERVISOR, action, CALLER).may_act_for("HN-STP")
    by = acting(Role.SUPERVISOR, Action.EXEMPT_DRAFT, CALLER)
    assert by.may_act_for("HN-STP")
    assert not by.may_decide_for("HN-STP")
    assert by.may_decide_for("HN-SYT")
    assert not by.may_decide_for("HUE-SYT")


@pytest.mark.parametrize("role", [Role.UNIT, Role.HEAD])
def test_a_unit_decides_nothing_for_itself_or_others(role: Role) -> None:
    by = acting(role, Action.EXEMPT_DRAFT, CALLER)
    assert not any(by.may_decide_for(unit) for unit in UNIT_OF.values() if unit)


def test_the_directory_is_asked_only_where_it_decides() -> None:
    assert needs_directory(Role.SUPERVISOR, Action.EXEMPT_DRAFT)
    assert not needs_directory(Role.OPERATOR, Action.EXEMPT_DRAFT)
    assert not needs_directory(Role.UNIT, Action.EXEMPT_DRAFT)
    assert not needs_directory(Role.SUPERVISOR, Action.READ_FIGURES)


def test_a_refusal_names_the_unit_and_what_to_do() -> None:
    with pytest.raises(Refusal) as refused:
        require(acting(Role.SUPERVISOR, Action.ADD_SILENCE, CALLER), "HUE-SYT")
    assert "HUE-SYT" in refused.value.message.vi
    assert "operator" in refused.value.message.en


def test_what_was_a_former_units_is_its_successors_own() -> None:
    """Also where the former unit stood below it, or in its area: nobody oversees what it carries on itself."""
    former = frozenset({"HN-CU", "HN-STP-PHONG", "HN-SYT"})
    standing = replace(CALLER, carries_on=former)
    for role, relation, action in cells():
        if relation is not Relation.OWN or action not in RIGHTS or action in PUBLIC:
            continue
        by = acting(role, action, standing)
        for unit_code in former:
            assert admitted(by, unit_code) == expected(role, Relation.OWN, action), (role, action)
            assert role is Role.OPERATOR or not by.may_decide_for(unit_code), (role, action)
        assert not admitted(by, "HUE-SYT") or role is Role.OPERATOR, (role, action)
