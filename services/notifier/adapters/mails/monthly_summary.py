"""The reporting month on one page, with a chart, for those who lead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from services.notifier.adapters.delivery.headers import header
from services.notifier.adapters.mails.page_mail import PageMails, common
from services.notifier.adapters.rendering.chart import chart
from services.notifier.application.mail_kinds import MailKind
from services.notifier.application.planning import Planning
from services.notifier.application.ports import Attachment, Mail
from services.notifier.domain.notification.schedule import MailRun, of_reporting_month
from services.notifier.domain.overview import MONTHLY_SUMMARY, MonthlySummary, monthly_summary
from services.notifier.domain.recipients.recipient import Recipient
from services.notifier.domain.recipients.supervision import Unit
from shared.contracts.vocabulary import OptionalMail
from shared.kernel.errors import Text

CHART = "chart"


@dataclass(frozen=True)
class MonthlySummaryKind(MailKind):
    name: ClassVar[str] = MONTHLY_SUMMARY
    label: ClassVar[Text] = Text("Tổng hợp tháng", "Monthly summary")
    optional: ClassVar[OptionalMail] = OptionalMail.MONTHLY_SUMMARY

    pages: PageMails

    def run_of(self, day: date) -> MailRun:
        return of_reporting_month(self.name, day)

    def recipients(self, planning: Planning) -> Iterable[Recipient]:
        for reach in planning.situation.audience.leaders():
            yield from reach.recipients

    def compose(self, planning: Planning, recipient: Recipient) -> MonthlySummary | None:
        period = self.run_of(planning.day).period
        return monthly_summary(recipient, planning.situation, planning.snapshot.history, period)

    def ends(self, notice: MonthlySummary) -> OptionalMail | None:
        return None if notice.is_duty else self.optional

    def render(self, notice: MonthlySummary, unit: Unit) -> Mail:
        picture = Attachment(
            name="bieu-do.png", media_type="image/png", content=chart(notice.months), content_id=CHART
        )
        return self.pages.regular(notice, _values(notice, unit), (picture,), self.ends(notice))


def _values(notice: MonthlySummary, unit: Unit) -> dict[str, Any]:
    units = [(header(notice.unit_names.get(code, code)), number) for code, number in notice.units]
    return common(notice, notice.leads or [unit], notice.datasets) | {
        "month": notice.month,
        "months": notice.months,
        "units": units,
        "area": notice.area,
        "chart": CHART,
    }
