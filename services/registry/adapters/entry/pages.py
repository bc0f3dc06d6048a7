"""All forms of the registry in one router, on one set of templates."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter

from services.registry.adapters.entry import (
    decisions_page,
    draft_form,
    home,
    policy_form,
    stage_form,
)
from services.registry.adapters.entry.change.form import router as change_router
from services.registry.adapters.entry.change.kinds import CHANGES
from services.registry.adapters.entry.context import Entry
from services.registry.adapters.entry.elsewhere import Elsewhere
from services.registry.adapters.entry.reorganisation import cancellation, correction
from services.registry.adapters.entry.reorganisation import form as reorganisation
from services.registry.application.commands import Commands
from services.registry.application.queries import ReadModel
from shared.eventstore.handle import BulkStore
from shared.pages.entry import EntryPages
from shared.pages.help import router as help_router
from shared.pages.layout import environment

TEMPLATES = environment(Path(__file__).parent / "templates")


def routers(
    commands: Commands,
    read_model: ReadModel,
    store: BulkStore,
    addresses: Mapping[str, str],
    elsewhere: Elsewhere,
) -> list[APIRouter]:
    entry = Entry(commands, read_model, store, EntryPages(TEMPLATES, "registry", addresses))
    own = [module.router(entry) for module in (decisions_page, draft_form, stage_form, policy_form)]
    own += [home.router(entry, elsewhere), reorganisation.router(entry, elsewhere)]
    own += [cancellation.router(entry), correction.router(entry)]
    with_help = (draft_form, stage_form, policy_form, reorganisation, cancellation, correction)
    forms = (*(module.HELP for module in with_help), *(change.help for change in CHANGES))
    return [*own, change_router(entry, CHANGES), help_router(entry.pages, forms)]
