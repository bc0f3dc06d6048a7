"""The library `eventsourcing` on PostgreSQL, as its documentation has it: a draft, its application, a table of drafts."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

PATIENCE = 600.0  # seconds until the projection must have every event

INSERT = SQL("INSERT INTO peer_draft VALUES (%s, %s, NULL, NULL, 0) ON CONFLICT (draft_id) DO NOTHING")
TITLE = SQL("UPDATE peer_draft SET title = %s WHERE draft_id = %s")
STAGE = SQL("UPDATE peer_draft SET stage = %s, entered_on = %s WHERE draft_id = %s")
POLICY = SQL("UPDATE peer_draft SET policies = policies + 1 WHERE draft_id = %s")


class Draft(Aggregate):
    @event("Registered")
    def __init__(self, draft_code: str, title: str, lead_unit_code: str) -> None:
        self.draft_code, self.title, self.lead_unit_code = draft_code, title, lead_unit_code
        self.stage, self.entered_on = "", ""
        self.policies: list[str] = []

    @event("Retitled")
    def retitle(self, title: str) -> None:
        self.title = title

    @event("PolicyAdded")
    def add_policy(self, title: str) -> None:
        self.policies.append(title)

    @event("StageEntered")
    def enter(self, stage: str, entered_on: str) -> None:
        self.stage, self.entered_on = stage, entered_on


class Drafts(Application[UUID]):
    pass


class DraftTable(PostgresTrackingRecorder):
    """A row for each draft, written in one transaction with the position, as the library's guide does."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS peer_draft"
                " (draft_id uuid PRIMARY KEY, title text, stage text, entered_on text, policies int)"
            ).format()
        )

    def change(self, statement: SQL, values: Sequence[object], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement, values, prepare=True)


class DraftProjection(Projection[DraftTable]):
    name = "drafts"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        of = domain_event.originator_id
        match type(domain_event).__name__:
            case "Registered":
                self.view.change(INSERT, (of, domain_event.title), tracking)
            case "Retitled":
                self.view.change(TITLE, (domain_event.title, of), tracking)
            case "StageEntered":
                self.view.change(STAGE, (domain_event.stage, domain_event.entered_on, of), tracking)
            case "PolicyAdded":
                self.view.change(POLICY, (of,), tracking)


def environment(url: str) -> dict[str, str]:
    """Give the library's settings for a database at an address."""
    at = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": at.path.removeprefix("/"),
        "POSTGRES_HOST": str(at.hostname),
        "POSTGRES_PORT": str(at.port),
        "POSTGRES_USER": str(at.username),
        "POSTGRES_PASSWORD": str(at.password),
    }


def new_draft(number: int) -> Draft:
    return Draft(f"PEER-{number}", "Luật Đất đai", "BTNMT")


def with_four_events(number: int) -> Draft:
    draft = new_draft(number)
    draft.add_policy("Giá đất")
    draft.enter("policy_consultation", "2026-01-05")
    draft.enter("draft_consultation", "2026-03-05")
    return draft


def record(app: Drafts, events: int) -> int:
    """Record about so many events, four to a draft; give their number."""
    for number in range(events // 4):
        app.save(with_four_events(number))
    return events // 4 * 4


def batches_of(app: Drafts, drafts: int) -> Iterator[UUID]:
    for number in range(drafts):
        draft = with_four_events(number)
        app.save(draft)
        yield draft.id


def project(env: dict[str, str], events: int) -> None:
    """Project the whole log into the table, and return when the last event is in it."""
    with ProjectionRunner(
        application_class=Drafts, projection_class=DraftProjection, view_class=DraftTable, env=env
    ) as runner:
        runner.wait(events, timeout=PATIENCE)
