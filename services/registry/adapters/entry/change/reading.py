"""How the forms that change a draft are read, filled with what is recorded, and what follows from them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.registry.adapters import bodies
from services.registry.adapters.entry import consequences
from services.registry.adapters.entry.change.form import Field, Number, Read
from services.registry.adapters.entry.change.subjects import entry_named, exemption_named
from services.registry.adapters.entry.context import LONGEST_CODE, Entry
from services.registry.adapters.entry.paper_fields import read_paper
from services.registry.adapters.entry.scope_fields import read_answers
from services.registry.adapters.requests_api import WithdrawalOfRequest
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State
from shared.contracts.vocabulary import Procedure, Stage
from shared.eventstore.handle import Handled, History
from shared.kernel.errors import Text
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.entry import body_of
from shared.pages.forms import Fields

MOST_WORDS = 2000
OPINIONS = (
    Field("received", Text("Số ý kiến nhận được", "Opinions received"), "number"),
    Field("accepted", Text("Số ý kiến tiếp thu", "Taken up"), "number"),
    Field("explained", Text("Số ý kiến giải trình", "Explained"), "number"),
    Field("agree", Text("Số ý kiến tán thành", "In favour"), "number"),
    Field("disagree", Text("Số ý kiến không tán thành", "Against"), "number"),
)


def read_scope(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    body = body_of(form, bodies.ScopeBody, read_answers(form))
    return drafts.AssessScope(scope=body.scope(), **given) if body else None


def scope_following(entry: Entry, draft: Draft, handled: Handled[State], _: Any) -> Iterator[Text]:
    commands = entry.commands
    return consequences.of_registration(draft, handled, commands.rulebook, commands.today)


def read_exemption(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    body = body_of(form, bodies.Exemption, _exempted(form))
    return body.command(given) if body else None


def read_exemption_correction(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    values = {**_exempted(form, complete=False), "reason": form.words("reason", MOST_WORDS)}
    body = body_of(form, bodies.ExemptionCorrection, values)
    return body.command(number, given) if body and isinstance(number, UUID) else None


def exemption_now(draft: Draft, _: History, number: Number | None) -> dict[str, list[str]]:
    exemption = exemption_named(draft, number)
    return {
        "stages": [stage.value for stage in exemption.stages],
        "document": [exemption.document],
        "authority": [exemption.authority or ""],
        **(in_boxes("decided_on", exemption.decided_on) if exemption.decided_on else {}),
    }


def _exempted(form: Fields, *, complete: bool = True) -> dict[str, Any]:
    """Read an exemption; of one recorded before, authority and day may be missing, so its correction does not ask for them."""
    dated = date_in_boxes(form, "decided_on", required=complete, whole=True)
    stages = tuple(Stage(value) for value in form.chosen("stages") if value in set(Stage))
    paper = {
        "document": form.words("document", MOST_WORDS),
        "authority": form.words("authority", MOST_WORDS, required=complete),
    }
    return {"stages": stages, **paper, "decided_on": dated and dated[0]}


def cancellation(body: type[bodies.NeverWas]) -> Read:
    """Read why something that was recorded never was."""

    def read(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
        values = {
            "reason": form.words("reason", MOST_WORDS),
            "document": form.words("document", MOST_WORDS, required=False),
        }
        whole = body_of(form, body, values)
        return whole.command(number, given) if whole and isinstance(number, UUID) else None

    return read


def _paper(form: Fields) -> dict[str, Any]:
    return {
        "document": form.words("document", MOST_WORDS),
        "authority": form.words("authority", MOST_WORDS),
    }


def read_transfer(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    dated, code = date_in_boxes(form, "on", whole=True), form.words("to_unit_code", LONGEST_CODE)
    values = {
        "to_unit_code": code.upper() if code else None,
        "on": dated and dated[0],
        "document": form.words("document", MOST_WORDS),
    }
    body = body_of(form, bodies.Handover, values)
    return body.command(given) if body else None


def read_procedure(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "decided_on", whole=True)
    values = {
        "procedure": form.one_of("procedure", Procedure),
        **_paper(form),
        "decided_on": dated and dated[0],
    }
    body = body_of(form, bodies.ProcedureDecision, values)
    return body.command(given) if body else None


def read_title(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    body = body_of(form, bodies.Retitling, {"title": form.words("title", MOST_WORDS)})
    return drafts.Retitle(title=body.title, **given) if body else None


def read_correction(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "entered_on")
    values = {
        "stage": form.one_of("stage", Stage),
        "entered_on": dated and dated[0],
        "precision": dated and dated[1],
        **read_paper(form),
        "reason": form.words("reason", MOST_WORDS),
    }
    body = body_of(form, bodies.StageCorrection, values)
    return body.command(number, given) if body and isinstance(number, UUID) else None


def stage_now(_: Draft, history: History, number: Number | None) -> dict[str, list[str]]:
    entry = entry_named(history, number)
    paper = entry.paper
    return {
        "stage": [entry.stage],
        **in_boxes("entered_on", entry.entered_on, entry.precision),
        "document_no": [paper.document_no or ""],
        **(in_boxes("document_date", paper.document_date) if paper.document_date else {}),
        "issuer": [paper.issuer or ""],
    }


def stage_following(
    entry: Entry, draft: Draft, handled: Handled[State], command: drafts.CorrectStage
) -> Iterator[Text]:
    commands = entry.commands
    dated = (command.stage, command.entered_on)
    return consequences.of_stage(draft, handled, *dated, commands.rulebook, commands.today)


def cancellation_following(
    entry: Entry, draft: Draft, handled: Handled[State], command: drafts.CancelStage
) -> Iterator[Text]:
    commands = entry.commands
    return consequences.of_cancellation(draft, handled, command.entry_id, commands.rulebook, commands.today)


def read_expectation(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "expected_on")
    values = {
        "stage": form.one_of("stage", Stage),
        "expected_on": dated and dated[0],
        "precision": dated and dated[1],
        "session": form.words("session", MOST_WORDS, required=False),
    }
    body = body_of(form, bodies.Expectation, values)
    return body.command(given) if body else None


def read_opinions(form: Fields, given: Given, _: Number | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "summarised_on", whole=True)
    values = {
        "stage": form.one_of("stage", Stage),
        "summarised_on": dated and dated[0],
        **{each.name: form.count(each.name, bodies.MOST_OPINIONS) for each in OPINIONS},
        "published_at": form.words("published_at", MOST_WORDS, required=False),
        "counting_rule": form.words("counting_rule", MOST_WORDS, required=False),
    }
    body = body_of(form, bodies.Opinions, values)
    return body.command(given) if body else None


def read_withdrawal(form: Fields, given: Given, number: Number | None) -> drafts.Command | None:
    body = body_of(form, WithdrawalOfRequest, {"reason": form.words("reason", MOST_WORDS)})
    if body is None or not isinstance(number, UUID):
        return None
    return drafts.WithdrawRequest(request_id=number, reason=body.reason, **given)
