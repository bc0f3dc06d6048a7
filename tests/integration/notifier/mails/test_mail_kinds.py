"""A kind of mail is one object: a new one goes from the plan through the ledger to a file, and nothing else knows it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import ClassVar

import pytest

from services.notifier.app import create_app
from services.notifier.application.pipeline import MailKind, MailKinds, Planning
from services.notifier.application.ports import Mail
from services.notifier.domain.digest import Line
from services.notifier.domain.notification.timing import MailRun, of_week
from services.notifier.domain.recipients.audience import Recipient, Unit
from shared.contracts.vocabulary import Dataset, OptionalMail
from shared.kernel.errors import Text
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import NotifierFixture, opened, put_recipient, tick


@dataclass(frozen=True)
class Greeting:
    key: str
    recipient: Recipient
    day: date
    kind: str = "greeting"
    lines: tuple[Line, ...] = field(default=())
    datasets: frozenset[Dataset] = frozenset()


class GreetingKind(MailKind):
    """Once a week to whoever leads a unit."""

    name: ClassVar[str] = "greeting"
    label: ClassVar[Text] = Text("Thư chào", "Greeting")
    optional: ClassVar[OptionalMail] = OptionalMail.MONTHLY_SUMMARY

    def run_of(self, day: date) -> MailRun:
        return of_week(self.name, day)

    def recipients(self, planning: Planning) -> Iterable[Recipient]:
        return (
            recipient for reach in planning.situation.audience.leaders() for recipient in reach.recipients
        )

    def compose(self, planning: Planning, recipient: Recipient) -> Greeting:
        period = self.run_of(planning.day).period
        return Greeting(f"{period}.{self.name}.{recipient.recipient_id}", recipient, planning.day)

    def render(self, notice: Greeting, unit: Unit) -> Mail:
        return Mail(f"Chào {unit.name}", f"Tuần {notice.key[:8]}", f"<html><body>{notice.day}</body></html>")


@pytest.fixture
def greeting_env(notifier_env: NotifierFixture) -> NotifierFixture:
    notifier_env.create = partial(create_app, more_kinds=[GreetingKind()])
    return notifier_env


async def test_a_new_kind_goes_from_the_plan_through_the_ledger_to_a_file(
    greeting_env: NotifierFixture,
) -> None:
    notifier_env = greeting_env
    async with notifier_env.notifier() as api:
        recipient = await put_recipient(api, role="head")
        position = await notifier_env.gap(opened(new_id()))
        preview = (await api.client.get("/preview", params={"min_position": position})).json()
        answer = await tick(api, position)
        again = await tick(api, position)
        outbox = (await api.client.get("/outbox")).text
    key = f"2026-W48.greeting.{recipient}"
    assert key in [mail["digest_key"] for mail in preview["mails"]]
    assert [mail["kind"] for mail in answer["sent"]] == ["digest", "greeting"]
    assert again["sent"] == []
    (row,) = await notifier_env.rows(
        "SELECT digest_key, state, announced FROM digest WHERE kind = 'greeting'"
    )
    assert row == {"digest_key": key, "state": "sent", "announced": True}
    assert await notifier_env.rows("SELECT 1 FROM mail_round WHERE round_key = '2026-W48.greeting'")
    assert "Thư chào" in outbox
    (mail,) = [mail for mail in notifier_env.mails() if mail["Subject"] == "Chào Sở Tư pháp tỉnh A"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Tuần 2026-W48" in body.get_content()


async def test_a_file_of_a_removed_kind_is_still_shown(
    greeting_env: NotifierFixture,
) -> None:
    """A release that had the kind is rolled back: its mails stay in the ledger."""
    notifier_env = greeting_env
    async with notifier_env.notifier() as api:
        await put_recipient(api, role="head")
        await tick(api, await notifier_env.gap(opened(new_id())))
    notifier_env.create = create_app
    async with notifier_env.notifier() as api:
        outbox = await api.client.get("/outbox")
    assert outbox.status_code == 200
    assert "greeting" in outbox.text


def test_two_kinds_of_the_same_name_are_refused() -> None:
    with pytest.raises(ValueError, match="greeting"):
        MailKinds([GreetingKind(), GreetingKind()])
