"""A duty never calls itself optional and can't be ended; what is optional says so and has its link (RFC 8058)."""

from dataclasses import replace
from datetime import date

import pytest

from services.notifier.application.ports import Mail
from services.notifier.domain.overview import monthly_summary, weekly_list
from services.notifier.domain.recipients.preference import offered
from shared.contracts.vocabulary import Language, OptionalMail, RecipientRole
from tests.unit.notifier import mails
from tests.unit.notifier.builders import gap, recipient, tree
from tests.unit.notifier.mails import HISTORY, KINDS, UNITS, situation
from tests.unit.notifier.mails import mail as rendered

OPTIONAL = {Language.VI: "không bắt buộc", Language.EN: "optional"}
ROLES = list(RecipientRole)
UNITS_AND_DUTY = [("STP", True), ("UBND", False), ("TINH", False)]


def is_optional(mail: Mail, language: Language) -> bool:
    """Say whether a mail offers its end, everywhere alike."""
    signs = {mail.unsubscribe is not None, *(OPTIONAL[language] in part for part in (mail.text, mail.html))}
    assert len(signs) == 1, "text, page and header must agree"
    return signs.pop()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("unit", "duty"), UNITS_AND_DUTY)
def test_the_weekly_list_is_a_duty_of_justice_departments(unit: str, duty: bool, language: Language) -> None:
    reader = mails.supervisor(unit, language)
    notice = weekly_list(reader, situation(reader), "2026-W48")
    assert notice is not None
    assert is_optional(KINDS[notice.kind].render(notice, UNITS[unit]), language) is not duty


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("role", [RecipientRole.HEAD, RecipientRole.SUPERVISOR])
@pytest.mark.parametrize(("unit", "duty"), UNITS_AND_DUTY)
def test_the_monthly_page_is_a_duty_of_justice_departments(
    unit: str, duty: bool, role: RecipientRole, language: Language
) -> None:
    reader = recipient(unit_code=unit, role=role, language=language)
    history = [*HISTORY, gap(9, unit_code=unit, due_on=date(2026, 11, 9))]
    notice = monthly_summary(reader, situation(reader), history, "2026-11")
    assert notice is not None
    assert is_optional(KINDS[notice.kind].render(notice, UNITS[unit]), language) is not duty


@pytest.mark.parametrize("language", Language)
def test_the_list_of_the_body_that_follows_the_country_is_a_duty(language: Language) -> None:
    reader = mails.supervisor("BTP", language)
    whole = replace(situation(reader), tree=tree(justice_unit="BTP"))
    notice = weekly_list(reader, whole, "2026-W48")
    assert notice is not None
    assert not is_optional(KINDS[notice.kind].render(notice, UNITS["BTP"]), language)


@pytest.mark.parametrize(
    "name", [name for name in mails.CASES if name[:-3] not in {"monthly_summary", "thanks", "joint"}]
)
def test_what_asks_for_something_is_no_optional_mail(name: str) -> None:
    """Digests, escalations, urgent mails, new links, settings, and the list of a justice department."""
    language = Language(name[-2:])
    if name.startswith("settings"):
        return
    assert not is_optional(rendered(name), language)


@pytest.mark.parametrize("language", Language)
def test_one_click_does_not_end_a_joint_mail(language: Language) -> None:
    """It would end what is a duty too; the foot names the part that may be ended, with its link."""
    mail = rendered(f"joint_{language}")
    assert mail.unsubscribe is None
    assert "-monthly_summary" in mail.text
    assert "-monthly_summary" in mail.html


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("role", ROLES)
def test_thanks_are_optional_for_every_role(role: RecipientRole, language: Language) -> None:
    notice = replace(
        mails.CASES[f"thanks_{language}"],
        recipient=recipient(role=role, language=language),  # type: ignore[type-var]
    )
    assert is_optional(KINDS[notice.kind].render(notice, UNITS["BTP"]), language)


@pytest.mark.parametrize("role", ROLES)
def test_a_duty_is_not_offered_for_ending(role: RecipientRole) -> None:
    assert offered(role, oversees=True) == (OptionalMail.THANKS,)
