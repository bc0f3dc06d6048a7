"""Who is written to: by role, by succession, and who reads where nobody does."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.notifier.domain.recipients.audience import Audience, Recipient, Tree, Via
from shared.contracts.vocabulary import RecipientRole
from tests.unit.notifier.builders import MONDAY, recipient, tree

FOCAL, HEAD, SUPERVISOR = RecipientRole.FOCAL_POINT, RecipientRole.HEAD, RecipientRole.SUPERVISOR


def of(unit: str, role: RecipientRole, **changes: Any) -> Recipient:
    number = UUID(int=hash((unit, role)) % 2**64)
    return recipient(recipient_id=number, unit_code=unit, role=role, **changes)


EVERYBODY = [
    of("SO-A", FOCAL),
    of("SO-A", HEAD),
    of("SO-A", SUPERVISOR),
    of("STP", SUPERVISOR),
    of("UBND", SUPERVISOR),
    of("UBND", HEAD),
]
SPLIT = tree(successions={"SO-A": ((date(2026, 11, 1), "STP"), (date(2026, 11, 1), "XA"))})


@pytest.mark.parametrize(
    ("units", "recipients", "unit", "expected"),
    [
        (tree(), EVERYBODY, "SO-A", [("SO-A", Via.ITSELF, [FOCAL, HEAD])]),
        (tree(), EVERYBODY, "STP", [("STP", Via.ITSELF, [SUPERVISOR])]),  # it lists nobody else
        (tree(), EVERYBODY, "XA", [("UBND", Via.SUPERIOR, [SUPERVISOR])]),
        (tree(), EVERYBODY, "BTC", []),
        (tree(), [of("SO-A", HEAD, valid_to=date(2026, 11, 22)), *EVERYBODY[3:]], "SO-A",
         [("UBND", Via.SUPERIOR, [SUPERVISOR])]),
        (tree(), [of("SO-A", HEAD, undeliverable_on=MONDAY), *EVERYBODY[3:]], "SO-A",
         [("UBND", Via.SUPERIOR, [SUPERVISOR])]),
        (SPLIT, [*EVERYBODY, of("XA", FOCAL)], "SO-A",
         [("STP", Via.HEIR, [SUPERVISOR]), ("XA", Via.HEIR, [FOCAL])]),
        (SPLIT, EVERYBODY[:3], "SO-A", [("SO-A", Via.ITSELF, [FOCAL, HEAD])]),  # no heir has a mailbox yet
        (SPLIT, EVERYBODY, "XA", [("XA", Via.ITSELF, [FOCAL, HEAD])]),  # those of SO-A read until it lists its own
        (SPLIT, [*EVERYBODY, of("XA", HEAD)], "XA", [("XA", Via.ITSELF, [HEAD])]),
        (tree(successions={"SO-A": ((date(2026, 12, 1), "XA"),)}), EVERYBODY, "XA",
         [("UBND", Via.SUPERIOR, [SUPERVISOR])]),  # not before the day
    ],
)  # fmt: skip
def test_of_duty(
    units: Tree, recipients: list[Recipient], unit: str, expected: list[tuple[str, Via, list[RecipientRole]]]
) -> None:
    actual = Audience(units, recipients, MONDAY).of_duty(unit)
    assert [(r.unit_code, r.via, [item.role for item in r.recipients]) for r in actual] == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("UBND", ("UBND", SUPERVISOR)), ("TINH", None), ("XA", ("UBND", SUPERVISOR)), (None, None)],
)
def test_at_or_above(unit: str | None, expected: tuple[str, RecipientRole] | None) -> None:
    actual = Audience(tree(), EVERYBODY, MONDAY).at_or_above(unit)
    assert (actual and (actual.unit_code, actual.recipients[0].role)) == expected


def test_heirs_are_followed_to_the_last_and_in_their_time() -> None:
    chain = tree(successions={"SO-A": ((date(2025, 7, 1), "STP"),), "STP": ((date(2026, 12, 1), "SO-A"),)})
    assert chain.heirs("SO-A", date(2025, 6, 30)) == ()
    assert chain.heirs("SO-A", MONDAY) == ("STP",)
    assert chain.heirs("SO-A", date(2026, 12, 1)) == ("STP",)  # a ring ends where it began


def test_areas() -> None:
    assert tree().area("UBND") == {"STP", "SO-A", "XA"}
    assert tree().area("STP") == {"SO-A", "XA"}
    assert tree().area("SO-A") == frozenset()
    assert tree(justice_unit="BTP").area("BTP") == {"TINH", "UBND", "STP", "SO-A", "XA", "BTC"}
