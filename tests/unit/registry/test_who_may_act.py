"""Who may act on a draft is decided with the command: the lead of its day, by the dated rule, and who supervises."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.errors import NotYourDraft
from shared.contracts.event import SUPERVISION, Acting
from shared.contracts.registry import DraftTransferred
from tests.support.rules.asked import TODAY, asked, registering
from tests.support.rules.spec import spec
from tests.unit.registry.test_draft import COMMANDS, REGISTERED

FIRST, SECOND, THIRD = "BTNMT", "BTC", "BXD"
TO_SECOND = DraftTransferred(to_unit_code=SECOND, on=date(2024, 2, 1))
TO_THIRD_BEFORE = DraftTransferred(to_unit_code=THIRD, on=date(2024, 1, 1))
TO_THIRD_TOMORROW = DraftTransferred(to_unit_code=THIRD, on=date(2024, 6, 2))
TO_THIRD_TODAY = DraftTransferred(to_unit_code=THIRD, on=TODAY)

CASES = [
    pytest.param((), FIRST, True, id="the unit that registered it"),
    pytest.param((), SECOND, False, id="another unit"),
    pytest.param((), None, False, id="an official of no unit"),
    pytest.param((TO_SECOND,), SECOND, True, id="after a transfer the new unit"),
    pytest.param((TO_SECOND,), FIRST, False, id="after a transfer the former unit"),
    pytest.param((TO_SECOND, TO_THIRD_BEFORE), SECOND, True, id="the latest by day, not the last recorded"),
    pytest.param((TO_SECOND, TO_THIRD_BEFORE), THIRD, False, id="an earlier transfer recorded later"),
    pytest.param((TO_THIRD_TOMORROW,), FIRST, True, id="a transfer to come doesn't hold yet"),
    pytest.param((TO_THIRD_TOMORROW,), THIRD, False, id="a transfer to come gives nothing yet"),
    pytest.param((TO_THIRD_TODAY,), THIRD, True, id="a transfer holds from its day on"),
]


@pytest.mark.parametrize(("before", "unit_code", "may"), CASES)
def test_the_lead_on_the_day_of_the_command_may_act(
    before: tuple[Any, ...], unit_code: str | None, may: bool
) -> None:
    command = asked(drafts.Retitle, title="Khác", by=Acting(unit_code))
    when = spec(draft).given(REGISTERED, *before).when(command)
    if may:
        assert when.yields()
    else:
        when.refused(NotYourDraft)


def test_the_same_command_on_the_day_of_the_transfer_is_taken() -> None:
    command = asked(drafts.Retitle, title="Khác", by=Acting(THIRD), today=date(2024, 6, 2))
    assert spec(draft).given(REGISTERED, TO_THIRD_TOMORROW).when(command).yields()


def test_who_supervises_acts_on_every_draft() -> None:
    command = asked(drafts.Retitle, title="Khác", by=SUPERVISION)
    assert spec(draft).given(REGISTERED, TO_SECOND).when(command).yields()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_no_command_is_taken_from_another_unit(command: drafts.Command) -> None:
    foreign = replace(command, by=Acting("KHAC"))
    spec(draft).given(REGISTERED).when(foreign).refused(NotYourDraft)


def test_a_unit_registers_its_own_drafts_alone() -> None:
    assert spec(draft).when(registering(REGISTERED, by=Acting(FIRST))).yields()
    spec(draft).when(registering(REGISTERED, by=Acting(SECOND))).refused(NotYourDraft)
