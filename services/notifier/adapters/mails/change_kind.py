"""The mail about a far-reaching change, to who was there before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from services.notifier.adapters.delivery.message import header, named
from services.notifier.adapters.mails.pages import PageMails, common
from services.notifier.adapters.recipients.wording import in_sentence
from services.notifier.adapters.rendering.templates import in_language
from services.notifier.application.pipeline import MailKind, Planning, Skipped
from services.notifier.application.ports import Mail, Notice
from services.notifier.domain.changes import Change, ChangeKind, ChangeNotice, change_notices
from services.notifier.domain.notification.timing import CHANGE
from services.notifier.domain.recipients.audience import Unit
from shared.contracts.vocabulary import Role
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.local_day import VIETNAM
from shared.rules.words.wording import STAGES

ACTORS: Mapping[str, Text] = {
    Role.UNIT: Text("cán bộ của đơn vị", "a clerk of the unit"),
    Role.HEAD: Text("lãnh đạo đơn vị", "the head of the unit"),
    Role.SUPERVISOR: Text("cơ quan theo dõi", "the supervising body"),
    Role.OPERATOR: Text("người vận hành hệ thống", "an operator of the system"),
}
OF_THE_SYSTEM = Text("hệ thống", "the system")
SUBJECTS: Mapping[ChangeKind, Text] = {
    ChangeKind.MAILBOXES: Text("Thay đổi hộp thư nhận của {unit}", "The mailboxes of {unit} were changed"),
    ChangeKind.SUPERVISION: Text(
        "Thay đổi cơ quan theo dõi {unit}", "The supervising body of {unit} was changed"
    ),
    ChangeKind.SUPERVISION_CANCELLED: Text(
        "Hủy thay đổi cơ quan theo dõi {unit}", "A change of who supervises {unit} was taken back"
    ),
    ChangeKind.SILENCE: Text("Tạm dừng nhắc việc đối với {unit}", "Reminders for {unit} are paused"),
    ChangeKind.SILENCE_LIFTED: Text("Nhắc việc trở lại đối với {unit}", "Reminders for {unit} go on"),
    ChangeKind.SENDING_HELD: Text("Tạm giữ việc gửi thư của hệ thống", "All mail of the system was held"),
    ChangeKind.SENDING_RELEASED: Text(
        "Việc gửi thư của hệ thống được tiếp tục", "Mail of the system goes out again"
    ),
}
ALL_UNITS = Text("tất cả đơn vị", "all units")


@dataclass(frozen=True)
class ChangeMailKind(MailKind):
    """Goes out at once, in office hours, and whatever a silence covers."""

    name: ClassVar[str] = CHANGE
    label: ClassVar[Text] = Text("Thông báo thay đổi", "Notice of a change")
    needs: ClassVar[str | None] = "changes"

    pages: PageMails

    def plan(self, planning: Planning) -> Iterable[Notice | Skipped]:
        snapshot = planning.snapshot
        notices = change_notices(
            snapshot.changes, snapshot.recipients, planning.situation.audience, snapshot.tree, planning.day
        )
        return (notice for notice in notices if notice.key not in snapshot.notice_keys)

    def render(self, notice: ChangeNotice, unit: Unit) -> Mail:
        language, change = notice.recipient.language, notice.change
        about = _unit(notice)
        return self.pages.written(
            notice,
            common(notice, [unit])
            | {
                "subject": in_language(SUBJECTS[change.kind], language).format(
                    unit=in_language(about, language)
                ),
                "moment": f"{change.at.astimezone(VIETNAM):%H:%M %d/%m/%Y}",
                "actor": in_language(ACTORS.get(change.by.partition("/")[0], OF_THE_SYSTEM), language),
                "what": in_language(what_changed(notice), language),
                "reason": header(change.details.get("reason") or change.details.get("document") or ""),
            },
        )


def _unit(notice: ChangeNotice) -> Text:
    code = notice.change.unit_code
    if code is None:
        return ALL_UNITS
    name = named(notice.names, code)
    return Text(name, name)


def what_changed(notice: ChangeNotice) -> Text:
    """Say what changed, in one sentence."""
    change, about = notice.change, _unit(notice)
    match change.kind:
        case ChangeKind.MAILBOXES:
            return _mailboxes(change, about)
        case ChangeKind.SUPERVISION | ChangeKind.SUPERVISION_CANCELLED:
            recorded = _supervision(notice, about)
            return recorded if change.kind is ChangeKind.SUPERVISION else _taken_back(recorded)
        case ChangeKind.SILENCE:
            return _silence(change, about)
        case ChangeKind.SILENCE_LIFTED:
            return Text(
                f"Việc tạm dừng nhắc việc đối với {about.vi} đã kết thúc; thư nhắc việc được gửi trở lại",
                f"The pause of reminders for {about.en} has ended; reminders go out again",
            )
        case ChangeKind.SENDING_HELD:
            return Text(
                "Toàn bộ thư của hệ thống được giữ lại, chưa gửi đi", "All mail of the system is held back"
            )
    return Text("Thư của hệ thống được gửi trở lại", "Mail of the system goes out again")


def _mailboxes(change: Change, about: Text) -> Text:
    numbers = change.details
    added, removed, changed = (numbers[name] for name in ("added", "removed", "changed"))
    return Text(
        f"Danh sách hộp thư nhận thư nhắc việc của {about.vi}: thêm {added:02}, bỏ {removed:02}, đổi vai trò {changed:02} hộp thư",
        f"In the list of mailboxes of {about.en} {counted(added, 'mailbox')} came in, {counted(removed, 'mailbox')} went out, "
        f"{counted(changed, 'mailbox')} got another role",
    )


def _supervision(notice: ChangeNotice, about: Text) -> Text:
    code, on = notice.change.details["supervisor_code"], notice.change.details["on"]
    supervisor = named(notice.names, code)
    return Text(
        f"Từ ngày {on:%d/%m/%Y}, cơ quan theo dõi {about.vi} là {supervisor or 'cơ quan theo quy định chung'}",
        f"From {on:%d/%m/%Y} {about.en} is supervised by {supervisor or 'the body that the general rule names'}",
    )


def _taken_back(recorded: Text) -> Text:
    return Text(
        f"Nội dung sau đã được ghi nhầm và được hủy, coi như chưa từng có: {in_sentence(recorded.vi)}",
        f"This was recorded wrongly and is taken back, as if it had never been: {in_sentence(recorded.en)}",
    )


def _silence(change: Change, about: Text) -> Text:
    given = change.details
    draft, stage = given["draft_code"], given["stage"]
    of_draft = Text(f", dự thảo {draft}", f", draft {draft}") if draft else Text("", "")
    of_stage = (
        Text(f", giai đoạn {in_sentence(STAGES[stage].vi)}", f", stage {in_sentence(STAGES[stage].en)}")
        if stage
        else Text("", "")
    )
    first, last = given["first_day"], given["last_day"]
    return Text(
        f"Việc nhắc việc đối với {about.vi}{of_draft.vi}{of_stage.vi} được tạm dừng từ ngày {first:%d/%m/%Y} đến hết ngày {last:%d/%m/%Y}",
        f"Reminders for {about.en}{of_draft.en}{of_stage.en} are paused from {first:%d/%m/%Y} to the end of {last:%d/%m/%Y}",
    )
