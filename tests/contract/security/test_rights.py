"""Every route, page, import sheet and context of the log stands for actions of the table, and every action for a route."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant

from deploy.cli.data.columns import ORDER
from shared.auth import admission
from shared.contracts.envelope import CATALOG, OWNERS
from shared.contracts.vocabulary import Role
from shared.rules.rights.actions import Action, Relation
from shared.rules.rights.document import document
from shared.rules.rights.table import BY_LINK, CONTEXTS, OPEN, PUBLIC, RIGHTS, ROWS, allows, roles_of
from tests.contract.http.test_endpoints import endpoints, shown_app
from tests.support.platform.service import SERVICES

DOCUMENT = Path("shared/rules/rights/README.md")
DECLARATIONS = {admission._admit, admission._declared}


def declared(dependant: Dependant) -> Iterator[Action]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, partial) and dependency.call.func in DECLARATIONS:
            yield dependency.call.args[0]
        yield from declared(dependency)


def of_routes(service: str) -> dict[str, list[Action]]:
    routes = endpoints(shown_app(service)).items()
    return {f"{service} {name}": list(declared(route.dependant)) for name, route in routes}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_exactly_one_action(service: str) -> None:
    assert {route: actions for route, actions in of_routes(service).items() if len(actions) != 1} == {}


def test_every_action_is_that_of_a_route() -> None:
    used = {action for service in SERVICES for actions in of_routes(service).values() for action in actions}
    assert set(Action) - used == set()


def test_routes_that_ask_for_no_token_are_open_or_behind_a_link() -> None:
    for service in SERVICES:
        for name, route in endpoints(shown_app(service)).items():
            (action,) = declared(route.dependant)
            asked = any(
                isinstance(part.call, partial) and part.call.func is admission._admit
                for part in flat(route.dependant)
            )
            assert asked == (action in RIGHTS), (service, name)


def flat(dependant: Dependant) -> Iterator[Dependant]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from flat(dependency)


def test_every_action_is_in_one_part_of_the_table() -> None:
    for action in Action:
        assert (action in RIGHTS) + (action in OPEN) + (action in BY_LINK) == 1, action
    assert RIGHTS.keys() >= PUBLIC


def test_what_is_read_without_a_token_is_never_mail_or_a_person() -> None:
    private = {
        *(Action.READ_MAIL, Action.PREVIEW_MAIL, Action.READ_FILES_OF_MAIL),
        *(Action.READ_RECIPIENTS, Action.READ_REQUESTS),
    }
    assert private & PUBLIC == set()
    assert all(Role.READER not in roles_of(action) for action in private)


def test_every_row_of_a_file_does_what_an_operator_may_do() -> None:
    assert ROWS.keys() == {*ORDER, "outcomes"}
    assert all(allows(Role.OPERATOR, Relation.ELSEWHERE, action) for action in ROWS.values())
    assert roles_of(Action.IMPORT_ROWS) == {Role.OPERATOR}


def test_every_context_of_the_log_has_its_actions() -> None:
    assert CONTEXTS.keys() == {model.context for model in CATALOG.types.values()} == OWNERS.keys()
    writing = {action for actions in CONTEXTS.values() for action in actions}
    assert writing & PUBLIC == set()
    assert writing & OPEN == set()


def test_the_documentation_is_the_table() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "run: python -m shared.rules.rights.document > shared/rules/rights/README.md"
    )
