"""All forms of campaigns, on one set of templates."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter

from services.campaigns.adapters.entry import (
    communication_fields,
    communication_form,
    communications_page,
    decisions_page,
    evidence_form,
    plan_changes,
    plan_form,
    report_sending,
)
from services.campaigns.adapters.entry.context import Entry
from services.campaigns.adapters.entry.programme import form as programme_form
from services.campaigns.adapters.entry.programme import page as programme_page
from services.campaigns.adapters.entry.programme.fields import help_of
from services.campaigns.application.commands import Commands
from services.campaigns.application.evidence import EvidenceFiles
from services.campaigns.application.queries import ReadModel
from shared.contracts.vocabulary import ProgrammeKind
from shared.eventstore.handle import BulkStore
from shared.kernel.runtime import Clock
from shared.pages.entry import EntryPages
from shared.pages.help import router as help_router
from shared.pages.layout import environment
from shared.rules.rulebook.rulebook import Rulebook

TEMPLATES = environment(Path(__file__).parent / "templates")


def routers(
    commands: Commands,
    read_model: ReadModel,
    store: BulkStore,
    rulebook: Rulebook,
    now: Clock,
    addresses: Mapping[str, str],
    files: EvidenceFiles,
) -> list[APIRouter]:
    pages = EntryPages(TEMPLATES, "campaigns", addresses)
    entry = Entry(commands, read_model, store, rulebook, now, pages)
    own = (communications_page, communication_form, plan_form, plan_changes, decisions_page, report_sending)
    with_files = evidence_form.router(entry, files)
    forms = (
        *(communication_fields.HELP, communication_fields.CORRECTION_HELP, evidence_form.HELP),
        *(communications_page.RETRACTION_HELP, plan_form.HELP),
        *(change.help for change in plan_changes.CHANGES),
        *(help_of(kind) for kind in ProgrammeKind),
    )
    helps = help_router(entry.pages, forms)
    return [
        *(module.router(entry) for module in (*own, programme_page, programme_form)),
        decisions_page.counts_router(entry),
        with_files,
        helps,
    ]
