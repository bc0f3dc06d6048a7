"""Every kind of entry has a form, its help, and a place where it is offered; forms ask for what the rules need."""

import pytest

from services.campaigns.adapters.entry.programme.fields import FORMS, NAMES, PURPOSES, form_of
from services.campaigns.adapters.entry.programme.words import OFFERED, STATUSES
from services.campaigns.adapters.programmes.bodies import NewEntry
from shared.contracts.vocabulary import ProgrammeKind
from shared.rules.programme.kinds import CHANGES, KINDS
from shared.rules.programme.states import EntryStatus

Kind = ProgrammeKind


def test_every_kind_has_a_form_and_its_help() -> None:
    assert FORMS.keys() | {Kind.ENTRY_CORRECTED} == set(Kind) == PURPOSES.keys()
    assert set(STATUSES) == set(EntryStatus)


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_asks_for_what_its_kind_needs(kind: Kind) -> None:
    form = FORMS[kind]
    assert set(KINDS[kind].requires) <= form.required <= set(form.names) <= NAMES.keys()
    assert set(form.names) <= NewEntry.model_fields.keys()
    assert form.own.keys() <= set(form.names)
    if not KINDS[kind].follows:
        assert {"title", "happened_on"} <= form.required


def test_every_follow_up_is_offered_where_it_follows() -> None:
    offered = {(kind, step) for kind, steps in OFFERED.items() for step in steps}
    expected = {(kind, step) for step, spec in KINDS.items() if step not in CHANGES for kind in spec.follows}
    assert offered == expected


@pytest.mark.parametrize("kind", [kind for kind in FORMS if kind is not Kind.ENTRY_CANCELLED])
def test_a_correction_has_the_fields_of_what_it_corrects(kind: Kind) -> None:
    form = form_of(Kind.ENTRY_CORRECTED, kind)
    assert {"title", "reason"} <= form.required
    assert set(FORMS[kind].names) <= set(form.names)
