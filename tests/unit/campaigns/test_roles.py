"""Who did a communication: any unit records its own support work, and the lead unit confirms who coordinated."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.adapters.communications.bodies import NewCommunication
from services.campaigns.adapters.communications.rows import CommunicationRow
from services.campaigns.adapters.import_sheets import of_communication
from services.campaigns.application.commands import communication_ref
from services.campaigns.domain.communication import Communication, communication, natural_id
from services.campaigns.domain.communication_commands import (
    Attach,
    Command,
    Confirm,
    Correct,
    Evidence,
    Record,
    Retract,
    Summarise,
    Verify,
)
from services.campaigns.domain.draft import Given
from services.campaigns.domain.errors import (
    ActivityCodeWithoutUnit,
    CommunicationDiffers,
    CommunicationIsRetracted,
    CommunicationNotFound,
    NothingToConfirm,
    NotYourCommunication,
    NotYourDraft,
)
from shared.bulk_import.pipeline import cut
from shared.bulk_import.row_parsing import written_words
from shared.bulk_import.sheet import Line, Sheet, Taken
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationRoleConfirmed,
    CommunicationVerified,
)
from shared.contracts.envelope import Metadata
from shared.contracts.event import SUPERVISION, Acting, communication_id, draft_id
from shared.contracts.vocabulary import Channel, CommunicationRole
from shared.rules.roles import role_of
from tests.support.rules.asked import asked, draft_of
from tests.support.rules.spec import spec

DRAFT = "NQ-TINH"
LEADS = ((date(2024, 3, 1), "SXD"), (date(2024, 3, 15), "STC"))  # after BTP, the first one
ON: dict[str, Any] = {"communication_id": UUID(int=1), "draft_id": draft_id(DRAFT), "draft_code": DRAFT}
HELD = ON | {
    "held_on": date(2024, 3, 5), "channel": Channel.COMMUNE_LOUDSPEAKER, "title": "Phát thanh về dự thảo nghị quyết",
}  # fmt: skip
GIVEN: dict[str, Any] = {"today": date(2024, 3, 20), "draft": draft_of(DRAFT, (), *LEADS)}
LEAD, COORDINATING, SUPPORT = CommunicationRole
COMMUNE = Acting("XA-A")
OTHER = Acting("XA-B")
DRAFTING = Acting("STC")


def recorded(**fields: Any) -> CommunicationRecorded:
    return CommunicationRecorded(**(HELD | fields))


def record(by: Acting, **fields: Any) -> Record:
    return asked(Record, recorded(**fields), by=by, **GIVEN)


def correct(by: Acting, **fields: Any) -> Correct:
    return asked(Correct, CommunicationCorrected(**(HELD | fields)), by=by, **GIVEN)


@pytest.mark.parametrize(
    ("by", "stated", "entered"),
    [
        (COMMUNE, {}, {"role": SUPPORT, "unit_code": "XA-A"}),
        (COMMUNE, {"unit_code": "XA-A"}, {"role": SUPPORT, "unit_code": "XA-A"}),
        (COMMUNE, {"role": LEAD}, {"role": SUPPORT, "unit_code": "XA-A"}),
        (COMMUNE, {"role": SUPPORT}, {"role": SUPPORT, "unit_code": "XA-A"}),
        (
            COMMUNE,
            {"role": COORDINATING},
            {"role": SUPPORT, "unit_code": "XA-A", "requested_role": COORDINATING},
        ),
        (COMMUNE, {"activity_code": "HN-01"}, {"role": SUPPORT, "unit_code": "XA-A", "activity_code": "HN-01"}),
        (Acting("SXD"), {}, {"role": SUPPORT, "unit_code": "SXD"}),  # it led the draft when it was held
        (DRAFTING, {}, {}),
        (DRAFTING, {"role": COORDINATING, "unit_code": "XA-A"}, {"role": COORDINATING, "unit_code": "XA-A"}),
        (SUPERVISION, {"unit_code": "XA-A"}, {"unit_code": "XA-A"}),
        (SUPERVISION, {"role": COORDINATING, "unit_code": "XA-A"}, {"role": COORDINATING, "unit_code": "XA-A"}),
    ],
)  # fmt: skip
def test_how_a_communication_enters(by: Acting, stated: dict[str, Any], entered: dict[str, Any]) -> None:
    spec(communication).when(record(by, **stated)).then(recorded(**entered))


FOLLOWING = Acting("STP", units=frozenset({"STP", "XA-A"}))  # it follows the commune, not who leads the draft


@pytest.mark.parametrize(("stated", "unit_code"), [({}, "STP"), ({"unit_code": "XA-A"}, "XA-A")])
def test_a_supervisor_records_support_work_of_a_unit_that_it_follows(
    stated: dict[str, Any], unit_code: str
) -> None:
    by = FOLLOWING
    spec(communication).when(record(by, **stated)).then(recorded(role=SUPPORT, unit_code=unit_code))
    spec(communication).when(record(by, unit_code="XA-B")).refused(NotYourCommunication)
    moved = spec(communication).given(recorded(role=SUPPORT, unit_code=unit_code))
    moved.when(correct(by, unit_code="XA-B")).refused(NotYourCommunication)
    kept = CommunicationCorrected(**(HELD | {"role": SUPPORT, "unit_code": unit_code, "place": "Huế"}))
    moved.when(correct(by, place="Huế")).then(kept)


def test_the_lead_unit_records_what_counts_for_the_draft_and_never_support_work_of_another() -> None:
    for stated in ({"unit_code": "XA-A"}, {"unit_code": "XA-A", "role": SUPPORT}):
        spec(communication).when(record(DRAFTING, **stated)).refused(NotYourCommunication)
        spec(communication).given(recorded()).when(correct(DRAFTING, **stated)).refused(NotYourCommunication)


def test_what_counts_for_the_draft_is_verified_by_who_follows_its_lead_unit() -> None:
    def verify(by: Acting) -> Verify:
        return asked(Verify, verified_on=date(2024, 3, 10), by_unit_code="STP", by=by, **GIVEN)

    counted = spec(communication).given(recorded(role=COORDINATING, unit_code="XA-A"))
    counted.when(verify(FOLLOWING)).refused(NotYourDraft)
    assert counted.when(verify(Acting("STP", units=frozenset({"STC"})))).yields()
    assert spec(communication).given(OWN).when(verify(FOLLOWING)).yields()


@pytest.mark.parametrize(
    ("by", "stated", "in_id"),
    [
        (COMMUNE, {}, "XA-A"), (COMMUNE, {"role": COORDINATING}, "XA-A"), (DRAFTING, {}, None),
        (DRAFTING, {"role": COORDINATING, "unit_code": "XA-A"}, "XA-A"), (FOLLOWING, {"unit_code": "XA-A"}, "XA-A"),
    ],
)  # fmt: skip
def test_nobody_takes_the_id_of_a_row_of_another_unit(
    by: Acting, stated: dict[str, Any], in_id: str | None
) -> None:
    named = (DRAFT, HELD["held_on"], "day", HELD["channel"], HELD["title"], ())
    assert natural_id(record(by, **stated)) == communication_id(*named, in_id)


def test_a_unit_records_for_itself_alone_and_nobody_without_a_unit() -> None:
    spec(communication).when(record(COMMUNE, unit_code="XA-B")).refused(NotYourCommunication)
    spec(communication).when(record(Acting())).refused(NotYourDraft)


@pytest.mark.parametrize("by", [DRAFTING, SUPERVISION])
def test_a_code_of_an_activity_needs_the_unit_that_gave_it(by: Acting) -> None:
    spec(communication).when(record(by, activity_code="HN-01")).refused(ActivityCodeWithoutUnit)
    spec(communication).given(recorded()).when(correct(by, activity_code="HN-01")).refused(
        ActivityCodeWithoutUnit
    )
    assert spec(communication).when(record(by, activity_code="HN-01", unit_code="STC")).yields()


OWN = recorded(role=SUPPORT, unit_code="XA-A")
ASKED = recorded(role=SUPPORT, unit_code="XA-A", requested_role=COORDINATING)
CONFIRMED = CommunicationRoleConfirmed(**ON, role=COORDINATING, by_unit_code="STC")


def changes(by: Acting) -> list[Command]:
    evidence = Evidence(evidence_id=UUID(int=5), url="https://example.vn/1")
    return [
        correct(by, place="Huế"),
        asked(Attach, evidence=evidence, by=by, **GIVEN),
        asked(Summarise, received=1, by=by, **GIVEN),
        asked(Retract, by=by, **GIVEN),
    ]


@pytest.mark.parametrize("by", [DRAFTING, OTHER, Acting()], ids=["lead", "another", "no unit"])
def test_support_work_is_changed_by_the_unit_that_did_it(by: Acting) -> None:
    for mine, others in zip(changes(COMMUNE), changes(by), strict=True):
        assert spec(communication).given(OWN).when(mine).yields()
        spec(communication).given(OWN).when(others).refused(NotYourCommunication)
    assert all(spec(communication).given(OWN).when(change).yields() for change in changes(SUPERVISION))


def test_coordinating_work_is_changed_by_the_lead_and_the_unit_that_did_it() -> None:
    of_both = spec(communication).given(recorded(role=COORDINATING, unit_code="XA-A"))
    for by in (DRAFTING, COMMUNE):
        assert all(of_both.when(change).yields() for change in changes(by))
    for change in changes(OTHER):
        of_both.when(change).refused(NotYourDraft)


def test_the_lead_confirms_with_one_press_and_a_second_changes_nothing() -> None:
    press = asked(Confirm, by=DRAFTING, **GIVEN)
    verified = CommunicationVerified(**ON, verified_on=date(2024, 3, 10))
    confirmed = spec(communication).given(ASKED, verified).when(press).then(CONFIRMED)
    confirmed.when(press).nothing()
    assert isinstance(confirmed.state, Communication)
    state = confirmed.state
    assert (state.activity.role, state.activity.requested_role, state.verified) == (
        COORDINATING,
        None,
        verified,
    )
    confirmed.when(record(COMMUNE, role=COORDINATING)).nothing()  # the commune sends its record again


@pytest.mark.parametrize(
    ("state", "by", "refusal"),
    [
        ([ASKED], COMMUNE, NotYourDraft),
        ([ASKED], Acting("SXD"), NotYourDraft),
        ([recorded()], DRAFTING, NothingToConfirm),
        ([recorded(unit_code="SXD")], DRAFTING, NothingToConfirm),
        ([ASKED, CommunicationRetracted(**ON)], DRAFTING, CommunicationIsRetracted),
        ([], DRAFTING, CommunicationNotFound),
    ],
)
def test_what_cannot_be_confirmed(state: list[Any], by: Acting, refusal: Any) -> None:
    spec(communication).given(*state).when(asked(Confirm, by=by, **GIVEN)).refused(refusal)


def test_a_correction_by_the_unit_that_did_it_is_to_be_confirmed_again() -> None:
    again = spec(communication).given(ASKED, CONFIRMED).when(correct(COMMUNE, role=COORDINATING, place="Huế"))
    fields = {"role": SUPPORT, "unit_code": "XA-A", "requested_role": COORDINATING, "place": "Huế"}
    again.then(CommunicationCorrected(**(HELD | fields)))


def test_a_correction_by_a_supervisor_keeps_the_request() -> None:
    corrected = (
        spec(communication)
        .given(ASKED)
        .when(correct(SUPERVISION, role=SUPPORT, unit_code="XA-A", place="Huế"))
    )
    fields = {"role": SUPPORT, "unit_code": "XA-A", "requested_role": COORDINATING, "place": "Huế"}
    corrected.then(CommunicationCorrected(**(HELD | fields)))


def test_another_unit_takes_nobodys_id() -> None:
    spec(communication).given(OWN).when(record(OTHER)).refused(CommunicationDiffers)


@pytest.mark.parametrize(
    ("role", "unit", "expected"),
    [
        (None, None, LEAD), (None, "SXD", LEAD), (None, "XA-A", SUPPORT), (None, "STC", SUPPORT),
        (SUPPORT, None, SUPPORT), (SUPPORT, "SXD", SUPPORT), (LEAD, "XA-A", LEAD), (COORDINATING, "XA-A", COORDINATING),
    ],
)  # fmt: skip
def test_the_role_where_none_is_stated(
    role: CommunicationRole | None, unit: str | None, expected: CommunicationRole
) -> None:
    assert role_of(role, unit, "SXD") is expected


ROW = {"draft_code": DRAFT, "held_on": "2024-03-05", "channel": "commune_loudspeaker", "title": "Phát thanh"}


@pytest.mark.parametrize(("unit", "in_id"), [("", None), ("SXD", None), ("XA-A", "XA-A"), ("STC", "STC")])
def test_the_id_of_a_row_names_a_performing_unit_other_than_the_lead(unit: str, in_id: str | None) -> None:
    row = CommunicationRow.model_validate(ROW | {"unit_code": unit})
    named = (DRAFT, date(2024, 3, 5), "day", "commune_loudspeaker", "Phát thanh", ())
    assert row.id_in(GIVEN["draft"]) == communication_id(*named, in_id) in row.possible_ids
    command = row.command(Given(by=SUPERVISION, today=GIVEN["today"], draft=GIVEN["draft"]))
    assert (command.communication_id, command.unit_code) == (row.id_in(GIVEN["draft"]), unit or None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "helper"}, {"role": "Lead"}, {"items": "0"}, {"items": "-1"}, {"items": "1,5"}, {"reach_count": "-1"},
        {"cost_state": "-1"}, {"cost_social": "0.5"}, {"attendance": "-1"}, {"unit_code": "x"}, {"activity_code": "a b"},
        {"cost_state": str(10**16)}, {"channel": "contests"},
    ],
)  # fmt: skip
def test_a_wrong_value_refuses_the_row_and_the_body(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CommunicationRow.model_validate(ROW | wrong)
    body = {name: value for name, value in ROW.items() if name != "draft_code"}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NewCommunication.model_validate(body | wrong)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", None), ("người dân", ("người dân",)), ("người dân; doanh nghiệp", ("người dân", "doanh nghiệp")),
        ("người dân, doanh nghiệp", ("người dân", "doanh nghiệp")), ("cán bộ, công chức;", ("cán bộ, công chức",)),
        ("a;;b", ("a", "b")),
    ],
)  # fmt: skip
def test_lists_of_words(cell: str, words: tuple[str, ...] | None) -> None:
    row = CommunicationRow.model_validate(ROW | {"audience": cell, "coordinating_units": cell})
    assert (row.audience, row.coordinating_units) == (words, words)
    again = CommunicationRow.model_validate(ROW | {"audience": written_words(words or ())})
    assert again.audience == words


def test_an_area_may_have_a_comma_and_a_body_a_list() -> None:
    row = CommunicationRow.model_validate(ROW | {"area": "Phường Hồng Gai, tỉnh Quảng Ninh; Xã Cô Tô"})
    assert row.area == ("Phường Hồng Gai, tỉnh Quảng Ninh", "Xã Cô Tô")
    body = {name: value for name, value in ROW.items() if name != "draft_code"}
    assert NewCommunication.model_validate(body | {"area": ["Xã A", "Xã B"], "audience": []}).fields()[
        "area"
    ] == (
        "Xã A",
        "Xã B",
    )


def test_every_field_of_a_row_reaches_the_command() -> None:
    stated = {
        "role": "coordinating", "unit_code": "XA-A", "coordinating_units": "STP;Hội Nông dân", "audience": "nông dân",
        "area": "Xã A", "items": "12", "reach_count": "300", "cost_state": "1000000", "cost_social": "0",
        "language": "tiếng Mông", "activity_code": "PT-03", "channel": "contest",
    }  # fmt: skip
    command = CommunicationRow.model_validate(ROW | stated).command(
        Given(by=SUPERVISION, today=GIVEN["today"], draft=GIVEN["draft"])
    )
    assert command == replace(
        command,
        role=COORDINATING,
        unit_code="XA-A",
        coordinating_units=("STP", "Hội Nông dân"),
        audience=("nông dân",),
        area=("Xã A",),
        items=12,
        reach_count=300,
        cost_state=1_000_000,
        cost_social=0,
        language="tiếng Mông",
        activity_code="PT-03",
        channel=Channel.CONTEST,
    )


async def taken(_row: CommunicationRow, _metadata: Metadata) -> Taken:
    return Taken(0)


async def test_rows_that_may_have_one_id_are_taken_one_after_the_other_and_found_by_either() -> None:
    units = ["", "SXD", "XA-A", "XA-B"]
    lines = [
        Line(sheet="communications", line=number, row=ROW | {"unit_code": unit})
        for number, unit in enumerate(units, start=2)
    ]
    sheet: Sheet[CommunicationRow] = Sheet(CommunicationRow, of_communication, taken)
    (window,) = [window async for window in cut(lines, {"communications": sheet})]
    (together,) = window.by_aggregate.values()
    assert [row.line.line for row in together] == [2, 3, 4, 5]
    ids = [CommunicationRow.model_validate(line.row).id_in(GIVEN["draft"]) for line in lines]
    assert len(set(ids)) == 3  # the lead unit's own, and one of each commune
    conflicted = window.of([communication_ref(ids[2])])
    assert [row.line.line for again in conflicted.by_aggregate.values() for row in again] == [4]
