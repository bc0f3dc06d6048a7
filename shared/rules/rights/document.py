"""Writes the table of rights as a page: `python -m shared.rules.rights.document > shared/rules/rights/README.md`."""

import sys
from collections.abc import Iterator

from shared.contracts.envelope import OWNERS
from shared.contracts.vocabulary import Role
from shared.rules.rights.actions import Action, Relation
from shared.rules.rights.table import (
    BY_LINK,
    CONTEXTS,
    GROUP_OF,
    IN_TRAINING,
    OPEN,
    PUBLIC,
    RIGHTS,
    ROWS,
    allows,
)

HEAD = """# Who may do what

Written by `python -m shared.rules.rights.document` from `shared/rules/rights/table.py`; `tests/contract/security/test_rights.py` compares them.

Each route declares one action (`may(Action.…)`). Whether a caller may do it to an object follows from the role of the token
and from the relation of the token's unit to the unit that the object belongs to, on the day of the command:

| relation | the object belongs to |
|---|---|
| `own` | the unit of the token, or a former unit for which it carries on that day (`unit.succeeded`) |
| `below` | a unit below it in the tree |
| `area` | a unit of its area of supervision (`unit.supervision_set`, or the default: `shared/directory/areas.py`) |
| `elsewhere` | another unit; also everything, for a token without a unit |
| `none` | no unit: the whole country, the installation |

Roles: `reader`; `unit`, a clerk of a unit; `head` of a unit; `supervisor` of an area; `operator`. A draft belongs to the unit
that leads it that day, an alert and a mail to the unit that is written to. A unit that moves, is succeeded or gets a
supervisor also needs the right for the other unit, and for the one below which it stood on the day of the change; so does a
draft that is transferred, for who led it on that day and for who takes it. Whoever makes a unit that follows others by default
(a justice department, by its kind or name) needs the right to decide for those. A task, required report or inspection names
units below or in the area of the unit of the programme. Nobody replaces the mailboxes of a unit that follows the own one,
or names a mailbox with more than the own role. Who stands in during leave has no more than the role of who is absent, ends
with the last day, and names nobody.
A silence of no unit and no draft is an operator's.
"""
NAMES = {Role.UNIT: "unit (clerk)"}


def document() -> str:
    return "\n".join([HEAD, *_table(), "", *_others(), "", *_rows(), "", *_contexts(), ""])


def _table() -> Iterator[str]:
    yield "## Actions that need a token"
    yield ""
    roles = [role for role in Role if role is not Role.OPERATOR]
    yield f"| action | group | {' | '.join(NAMES.get(role, role.value) for role in roles)} |"
    yield f"|---|---|{'---|' * len(roles)}"
    for action in (action for action in Action if action in RIGHTS):
        cells = " | ".join(_cell(role, action) for role in roles)
        public = " (public)" if action in PUBLIC else ""
        yield f"| `{action}` | {GROUP_OF[action]}{public} | {cells} |"
    yield ""
    yield "An operator may do all of it everywhere. *Public*: without a token too, where `LOA_PUBLIC_READ=true`."


def _cell(role: Role, action: Action) -> str:
    relations = [relation for relation in Relation if allows(role, relation, action)]
    return "everywhere" if len(relations) == len(Relation) else ", ".join(relations) or "–"


def _others() -> Iterator[str]:
    yield "## Actions without a token"
    yield ""
    yield f"Open to everybody: {_listed(OPEN)}. By the link of a mail, which names unit and alert: {_listed(BY_LINK)};"
    yield "a link acts as a clerk of the recipient's unit, never as more."
    yield ""
    yield "## Training"
    yield ""
    yield "Whoever has signed in may begin and end training (a part of `sign_in`). The own rights hold on, for these actions alone,"
    yield "and what they record is exercise data: a command about anything else is refused where it would be appended."
    yield ""
    yield f"{_listed(IN_TRAINING)}."


def _rows() -> Iterator[str]:
    yield "## Rows of files"
    yield ""
    yield "All rows come through `import_rows`, so from an operator. A row of a sheet does the same as a request:"
    yield ""
    yield from (
        "| sheet | action |",
        "|---|---|",
        *(f"| `{sheet}` | `{action}` |" for sheet, action in ROWS.items()),
    )


def _contexts() -> Iterator[str]:
    yield "## Subjects of the log"
    yield ""
    yield "Only the owning service publishes (the broker's permissions); these actions make it do so:"
    yield ""
    yield from ("| subject | publisher | actions |", "|---|---|---|")
    for context, actions in CONTEXTS.items():
        yield f"| `loa.{context}.>` | {OWNERS[context]} | {_listed(actions) or 'none: derived from other events'} |"


def _listed(actions: frozenset[Action]) -> str:
    return ", ".join(f"`{action}`" for action in Action if action in actions)


if __name__ == "__main__":
    sys.stdout.write(document())
