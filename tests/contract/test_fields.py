"""A field of `draft.registered` is everywhere where people write and read it: who adds one learns what is forgotten."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from deploy.cli.data.columns import COLUMNS
from services.registry.adapters.bodies import Amendment, NewDraft
from services.registry.adapters.import_sheets import DraftRow
from services.registry.adapters.tables import DRAFT
from services.registry.adapters.views import DraftItem, DraftView
from services.registry.domain.draft_commands import Amend, Register
from shared.contracts.registry import DraftAmended, DraftRegistered

DERIVED = "follows from the code of the draft"
NOTES = "a list and a table show no notes; in a file they are the columns that the format doesn't know"
ENTERED = "people enter a live draft; rows of exercises and samples bear another dataset"
BY_IMPORT = "the outcome of an ended draft comes with its file; people enter the end itself"

PLACES: Mapping[str, Collection[str]] = {
    "services/registry/domain/draft_commands.py (Register)": [field.name for field in fields(Register)],
    "services/registry/adapters/bodies.py (NewDraft)": NewDraft.model_fields,
    "services/registry/adapters/bodies.py (DraftFields; rows.py takes them)": DraftRow.model_fields,
    "services/registry/adapters/views.py (DraftView)": DraftView.model_fields,
    "services/registry/adapters/views.py (DraftItem)": DraftItem.model_fields,
    "services/registry/adapters/tables.py (DraftRow), and a migration": DRAFT.c.keys(),
    "deploy/cli/data/columns.py (drafts)": COLUMNS["drafts"].names,
}
LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "services/registry/adapters/bodies.py (NewDraft)": {
        "draft_id": DERIVED, "notes": NOTES, "dataset": ENTERED, "outcome": BY_IMPORT,
    },
    "services/registry/adapters/bodies.py (DraftFields; rows.py takes them)": {"draft_id": DERIVED, "notes": NOTES},
    "services/registry/adapters/views.py (DraftItem)": {"notes": NOTES},
    "services/registry/adapters/tables.py (DraftRow), and a migration": {"notes": NOTES},
    "deploy/cli/data/columns.py (drafts)": {"draft_id": DERIVED, "notes": NOTES},
}  # fmt: skip
CHANGED_OTHERWISE = {  # what an amendment leaves to a command of its own
    "draft_id": DERIVED,
    "draft_code": "names the draft for ever",
    "title": "POST /drafts/{code}/title",
    "lead_unit_code": "POST /drafts/{code}/transfer",
    "procedure": "POST /drafts/{code}/procedure",
    "notes": "columns of a file, kept as they came",
    "dataset": "an exercise never becomes live data",
}


def missing(names: Collection[str], place: str, present: Collection[str]) -> list[str]:
    left_out = LEFT_OUT.get(place, {})
    return [f"{name} is not in {place}" for name in names if name not in present and name not in left_out]


@pytest.mark.parametrize("place", PLACES)
def test_every_field_of_a_registration_is_there(place: str) -> None:
    assert missing(DraftRegistered.model_fields, place, PLACES[place]) == []


@pytest.mark.parametrize("place", LEFT_OUT)
def test_what_is_left_out_is_a_field_that_is_not_there(place: str) -> None:
    left_out = set(LEFT_OUT[place])
    assert left_out <= set(DraftRegistered.model_fields) - set(PLACES[place])


@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_a_file(place: str) -> None:
    assert Path(place.split(" ", maxsplit=1)[0]).is_file()


@pytest.mark.parametrize("model", [Amend, Amendment, DraftAmended], ids=lambda model: model.__name__)
def test_every_field_can_be_put_right(model: type) -> None:
    correctable = [field.name for field in fields(model)] if model is Amend else model.model_fields  # type: ignore[attr-defined]
    names = set(DraftRegistered.model_fields) - set(CHANGED_OTHERWISE)
    assert names <= set(correctable), (
        f"{sorted(names - set(correctable))}: amend it, or say by what else it is changed"
    )


def test_a_forgotten_field_names_its_file() -> None:
    grown = [*DraftRegistered.model_fields, "no_such_field"]
    missing_places = [
        item for place, place_names in PLACES.items() for item in missing(grown, place, place_names)
    ]
    assert missing_places == [f"no_such_field is not in {place}" for place in PLACES]
