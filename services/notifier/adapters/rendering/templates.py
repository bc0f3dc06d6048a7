"""A digest rendered from templates: names and words in the recipient's language, due days as a calendar file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from unicodedata import category
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifier.adapters.delivery.message import header, named, thread_id
from services.notifier.adapters.rendering.answer_words import (
    ADDRESSED,
    NO_READER,
    SUPERVISOR,
    THE_UNIT,
    answer_of,
    answered,
)
from services.notifier.adapters.rendering.request_words import (
    DECIDED,
    WAITS,
    WHY_WAITING,
    decision_of,
    waiting_of,
)
from services.notifier.application.ports import Attachment, Mail, MailLink, Notice
from services.notifier.domain.delivery.retries import DigestState
from services.notifier.domain.digest import Digest, Line
from services.notifier.domain.gaps.gap_alert import UnitRequest
from services.notifier.domain.notification.reasons import (
    REPEAT,
    SOON,
    LineReason,
    Reason,
    SendReason,
    SkipReason,
    Standing,
    classified,
    is_thanks,
)
from services.notifier.domain.notification.timing import HOUR
from services.notifier.domain.recipients.audience import Recipient, Unit, address_of
from shared.contracts.event import banners
from shared.contracts.vocabulary import AlertAnswer, Instrument, Language, OptionalMail, RecipientRole
from shared.kernel.counted import counted, noun_of
from shared.kernel.errors import Text
from shared.kernel.local_day import VIETNAM
from shared.rules.words.figure_words import DUE
from shared.rules.words.wording import GAP_CLOSURES, INSTRUMENTS, STAGES, WHOLE_DRAFT_TITLE
from shared.signed_links.short_links import ShortLink

if TYPE_CHECKING:
    from icalendar import Event

NEAR = 12  # characters within which a blank is looked for
JOINERS = "\u200d\ufe0f\ufe0e"  # the first joins pictures, the others say how one is shown
SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))  # two of them are one flag
SUBJECT_TITLE = 90  # characters of a title that a subject line has room for


def shortened(title: str) -> str:
    """Cut a long title where a character that a reader sees ends, at a blank if one is near."""
    if len(title) <= SUBJECT_TITLE:
        return title
    end = SUBJECT_TITLE - 1
    while end > 0 and _is_within(title, end):
        end -= 1
    blank = title.rfind(" ", end - NEAR, end + 1)
    return f"{title[: blank if blank > 0 else end].rstrip()}…"


def _is_within(title: str, place: int) -> bool:
    """Say whether a place is inside of what a reader sees as a character (Unicode, UAX 29, as far as titles need it)."""
    before, after = title[place - 1], title[place]
    if category(after)[0] == "M" or after in JOINERS or before == JOINERS[0] or after in SKIN_TONES:
        return True
    flags = next((n for n, c in enumerate(reversed(title[:place])) if c not in FLAG_LETTERS), place)
    return after in FLAG_LETTERS and flags % 2 == 1


def all_of(names: Iterable[str], language: Language) -> str:
    """Name several, each once: "A, B and C"."""
    *before, last = dict.fromkeys(names)
    joined = in_language(Text(" và ", " and "), language)
    return f"{', '.join(before)}{joined}{last}" if before else last


def name_of(instrument: Instrument, title: str, language: Language) -> str:
    """Name the legal form before the title, unless the title begins with it ("Luật Đất đai")."""
    form = INSTRUMENTS[instrument]
    if title.casefold().startswith(form.vi.partition(" của ")[0].casefold()):
        return f"“{title}”"
    return f"{in_language(form, language)} “{title}”"


MOST_NAMES = 8  # policies that are called by name


def policies_of(numbers: Sequence[int], language: Language, names: Mapping[int, str] | None = None) -> str:
    """Name the open policies, by number and `names` if they are given; number 0 is the draft as a whole."""
    if not any(numbers):
        return in_language(WHOLE_DRAFT_TITLE, language).lower()
    called = {number: header((names or {}).get(number, "")) for number in numbers[:MOST_NAMES]}
    listed = ", ".join(
        f"{number} “{shortened(name)}”" if (name := called.get(number)) else str(number) for number in numbers
    )
    if language is Language.VI:
        return f"chính sách số {listed}"
    return f"policy {listed}" if len(numbers) == 1 else f"policies {listed}"


def in_language(text: Text, language: Language) -> str:
    return text.en if language is Language.EN else text.vi


def late(days: int) -> Text:
    """Say by how many working days something is overdue; nothing if it is not."""
    return Text(f"{days} ngày làm việc", counted(days, "working day")) if days else Text("–", "–")


# Every reason that stands in a mail; those not to send have no words here.
REASONS: Mapping[Reason, Text] = MappingProxyType(
    {
        Reason.FIRST_NOTICE: Text(
            "Thông báo lần đầu: dự thảo đang ở giai đoạn cần truyền thông",
            "First notice: the draft is in a stage that calls for communication",
        ),
        Reason.DUE_SOON: Text(
            f"Còn không quá {SOON} ngày làm việc là đến hạn", f"Due within {counted(SOON, 'working day')}"
        ),
        Reason.OVERDUE_FIRST: Text(
            "Đã qua thời hạn mà chưa ghi nhận hoạt động truyền thông",
            "The due day has passed and no communication is on record",
        ),
        Reason.OVERDUE_REPEAT: Text(
            f"Đôn đốc lại sau mỗi {REPEAT} ngày làm việc khi chưa hoàn thành",
            f"Repeated every {counted(REPEAT, 'working day')} until it is done",
        ),
        Reason.WORSE: Text(
            "So với lần nhắc trước có thêm chính sách chưa được truyền thông hoặc thời hạn đến sớm hơn",
            "More policies are open, or the due day is earlier, than when we wrote last",
        ),
        Reason.PLAN_PASSED: Text(
            "Ngày thực hiện mà đơn vị đã báo đã qua, chưa ghi nhận hoạt động truyền thông",
            "The day that the unit named has passed and no communication is on record",
        ),
        Reason.NO_TIME: Text(
            "Trình tự, thủ tục rút gọn: thời hạn kết thúc trước hoặc trong ngày gửi thư tổng hợp tiếp theo",
            "Simplified procedure: it is due before the next digest, or on its day",
        ),
        Reason.LINKS_RENEWED: Text(
            "Gửi lại theo yêu cầu nhận liên kết mới", "Sent again because new links were asked for"
        ),
        Reason.RESOLVED_SINCE: Text("Đã hoàn thành từ lần nhắc trước", "Completed since we wrote last"),
        Reason.STILL_OWED: Text("Đã nhắc trước đây, nêu lại để tiện theo dõi", "Named before, repeated here"),
        Reason.PLANNED: Text(
            "Đơn vị đã báo ngày thực hiện; chưa đến ngày đó",
            "The unit has named a day, which is still to come",
        ),
        Reason.CLOSED_OTHERWISE: Text("Không còn phải theo dõi", "No longer followed"),
        Reason.ESCALATED: Text(
            "Nội dung của đơn vị trực thuộc hoặc thuộc phạm vi theo dõi đã quá thời hạn theo dõi nội bộ đến mức phải báo cáo",
            "A unit below, or one that is followed, is late by more than the days that are set",
        ),
        Reason.STILL_ESCALATED: Text(
            "Đã báo cáo trước đây, nêu lại để tiện theo dõi", "Reported before, repeated here"
        ),
        Reason.CLOSED_BELOW: Text(
            "Đơn vị không còn chậm nội dung này", "The unit is no longer late with this"
        ),
        Reason.LISTED: Text(
            "Danh sách hằng tuần các nội dung quá hạn thuộc phạm vi theo dõi",
            "Weekly list of what is overdue in the area that is followed",
        ),
    }
)
WHY_SENT = Text("Lý do gửi hôm nay", "Why today")
WHY_NAMED = Text("Ghi chú", "Note")


def why_of(reason: SendReason | LineReason) -> tuple[Text, Text]:
    """Say why a gap stands in a mail, and what that is: the reason of the mail, or only a note."""
    label = WHY_SENT if isinstance(reason, SendReason) else WHY_NAMED
    return label, REASONS[reason.reason]


def why_in_mail(reason: Reason) -> tuple[Text, Text]:
    """Say why a gap stands in a mail; raises `ValueError` for a reason not to send."""
    match classified(reason):
        case SkipReason():
            raise ValueError(f"{reason.value} is a reason not to send")
        case in_mail:
            return why_of(in_mail)


ROLES: Mapping[RecipientRole, Text] = MappingProxyType(
    {
        RecipientRole.FOCAL_POINT: Text("đầu mối", "focal point"),
        RecipientRole.HEAD: Text("lãnh đạo đơn vị", "head of the unit"),
        RecipientRole.SUPERVISOR: Text("cơ quan theo dõi", "supervisor"),
    }
)
STATES: Mapping[DigestState, Text] = MappingProxyType(
    {
        DigestState.QUEUED: Text("Đang chờ gửi", "Waiting"),
        DigestState.CLAIMED: Text("Đang gửi", "Being sent"),
        DigestState.SENT: Text("Đã gửi", "Sent"),
        DigestState.FAILED: Text("Không gửi được", "Failed"),
        DigestState.UNSURE: Text("Chưa rõ đã gửi hay chưa", "Unsure"),
        DigestState.EXPIRED: Text(
            "Không kịp gửi, nội dung được nêu lại trong thư sau", "Not in time, said again later"
        ),
    }
)
ANSWERS: Mapping[AlertAnswer, Text] = MappingProxyType(
    {
        AlertAnswer.DONE: Text("Đã thực hiện", "Done"),
        AlertAnswer.PLANNED: Text("Sẽ thực hiện ngày …", "Will be done on …"),
        AlertAnswer.NOT_OURS: Text("Không thuộc đơn vị", "Not our draft"),
        AlertAnswer.EXEMPT: Text("Được miễn, theo văn bản …", "Exempted, by document …"),
        AlertAnswer.OBSTACLE: Text("Vướng mắc", "An obstacle"),
    }
)


ICS = "text/calendar"


def due_dates(digest: Digest) -> tuple[Attachment, ...]:
    """One day-long entry a draft that is owed; an entry keeps its id, so a moved due day moves it."""
    asked = any((line.reader or digest.recipient).calendar for line in digest.owed)
    if not asked:
        return ()
    from icalendar import Calendar  # noqa: PLC0415  2 MiB that only calendar files need

    calendar = Calendar()
    calendar.add("prodid", "-//Loa//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for line in digest.owed:
        calendar.add_component(_entry(digest, line))
    return (Attachment(name=f"thoi-han-{digest.day}.ics", media_type=ICS, content=calendar.to_ical()),)


def _entry(digest: Digest, line: Line) -> "Event":
    from icalendar import Event  # noqa: PLC0415  as above

    gap, language = line.gap, digest.recipient.language
    name, policies = name_of(gap.instrument, header(gap.title), language), policies_of(gap.policies, language)
    stage = in_language(STAGES[gap.stage], language)
    made = datetime.combine(digest.day, HOUR, VIETNAM).astimezone(UTC)
    entry = Event()
    entry.add("uid", f"{gap.gap_id}@loa")
    entry.add("dtstamp", made)
    entry.add("last-modified", made)
    entry.add("dtstart", gap.due_on)
    entry.add("dtend", gap.due_on + timedelta(days=1))
    entry.add(
        "summary",
        in_language(
            Text(f"Hạn truyền thông dự thảo {name}", f"Due: communication of the draft {name}"), language
        ),
    )
    entry.add("description", f"{gap.draft_code}: {policies}, {stage}")
    entry.add("transp", "TRANSPARENT")
    return entry


TEMPLATES = Path(__file__).parent / "mail_templates"
IN_FULL = 10  # drafts shown at length; the rest in one line each


class _Environment(Environment):
    """Looks in a dictionary for a name of a template before it asks for an attribute, which a dictionary seldom has.

    The library asks the other way round, and the error that it catches is an eighth of what a mail takes to be written.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def environment() -> Environment:
    """Make the one environment of every template; a missing value is an error, never an empty place."""
    made = _Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters |= {"day": _day, "counted": counted, "noun_of": noun_of}
    return made


@lru_cache(maxsize=1024)
def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


class Links(Protocol):
    def of(self, digest: Digest, line: Line) -> Mapping[AlertAnswer, MailLink]:
        """Give the link of each answer that the recipient may give."""
        ...


class Mailboxes(Protocol):
    def of(self, notice: Notice, kind: OptionalMail | None = None) -> MailLink | None:
        """Give the link to the page of a mailbox; one click on it ends mail of the kind."""
        ...


def linked(*links: MailLink | None) -> tuple[ShortLink, ...]:
    """Give the links of a mail as the ledger keeps them."""
    return tuple(each.link for each in links if each and each.link)


class TemplateRenderer:
    """`links` are the buttons under each gap, `mailboxes` lead to what a recipient wants to be sent.

    `sender` gives the domain of the names of threads, `drafts` is the address below which each draft has its page.
    """

    def __init__(self, links: Links, mailboxes: Mailboxes, sender: str, drafts: str) -> None:
        self._templates = environment()
        self._links = links
        self._mailboxes = mailboxes
        self._sender = sender
        self._drafts = drafts.rstrip("/")

    def page_of(self, draft_code: str) -> str:
        """Give the address of the page of a draft."""
        return f"{self._drafts}/{quote(draft_code)}"

    def render(self, digest: Digest, unit: Unit) -> Mail:
        ends = OptionalMail.THANKS if is_thanks(digest.lines) else None
        mailbox = self._mailboxes.of(digest, ends)
        settings = mailbox.address if mailbox else None
        answers = [self._links.of(digest, line) if n < IN_FULL else {} for n, line in enumerate(digest.owed)]
        values = self._values(digest, unit, answers) | {"settings": settings, "optional": ends is not None}
        part = {
            name: self._templates.get_template(f"digest/{digest.recipient.language}/{name}").render(values)
            for name in ("subject.txt", "body.txt", "body.html")
        }
        subject, text, html = header(part["subject.txt"]), part["body.txt"], part["body.html"]
        unsubscribe = settings if ends else None
        links = linked(mailbox, *(link for of_line in answers for link in of_line.values()))
        return Mail(subject, text, html, due_dates(digest), self._threads(digest), unsubscribe, links)

    def _threads(self, digest: Digest) -> tuple[str, ...]:
        """Name the threads of the drafts that are shown at length, that of the subject first."""
        first = digest.owed[_first_urged(digest) :][:1]
        drafts = dict.fromkeys(line.gap.draft_code for line in (*first, *digest.lines))
        return tuple(thread_id(code, self._sender) for code in islice(drafts, IN_FULL))

    def _values(
        self, digest: Digest, unit: Unit, answers: Sequence[Mapping[AlertAnswer, MailLink]]
    ) -> dict[str, Any]:
        language = digest.recipient.language
        owed = [self._owed(line, digest, answers[n]) for n, line in enumerate(digest.owed)]
        above = [self._line(line, digest) for line in digest.above]
        closed = [(line.reason, self._line(line, digest)) for line in digest.closed]
        return {
            **_addressed(digest, unit),
            "kind": digest.kind,
            "day": digest.day,
            "banners": [in_language(note, language) for note in banners(digest.datasets)],
            "owed": owed[:IN_FULL],
            "first": owed[_first_urged(digest)] if owed else None,
            "contacts": [header(contact) for contact in _contacts(digest)],
            "rest": owed[IN_FULL:],
            "above": above,
            "count": len(owed),
            "repeat": REPEAT,
            "waiting_count": sum(bool(line.context.waiting) for line in digest.owed),
            "answered_count": sum(_is_answered(line) for line in digest.owed),
            "overdue_count": sum(
                line.standing is Standing.OVERDUE and not _is_answered(line) for line in digest.owed
            ),
            "thanked": [line for reason, line in closed if reason is Reason.RESOLVED_SINCE],
            "dropped": [line for reason, line in closed if reason is not Reason.RESOLVED_SINCE],
        }

    def _reason_given(self, line: Line, digest: Digest) -> Text:
        return NO_READER if line.stand_in else answer_of(line.context, digest.unit_names, digest.day)

    def _owed(self, line: Line, digest: Digest, links: Mapping[AlertAnswer, MailLink]) -> dict[str, Any]:
        """Say what is owed, with the addresses of its answers."""
        answers = [
            {
                "kind": answer.value,
                "label": in_language(ANSWERS[answer], digest.recipient.language),
                "url": link.address,
            }
            for answer, link in links.items()
        ]
        return {**self._line(line, digest), "answers": answers}

    def _line(self, line: Line, digest: Digest) -> dict[str, Any]:
        gap, language = line.gap, digest.recipient.language
        label, why = why_in_mail(line.reason)
        if line.context.waiting and line.reason in _URGING:
            why = WHY_WAITING
        elif line.context.waiting_obstacle and line.reason in _URGING:
            why = WHY_OBSTACLE
        elif line.reason is Reason.PLAN_PASSED and line.context.rests_until:
            why = plan_passed(line.context.rests_until)
        names, title, reader = digest.unit_names, header(gap.title), line.reader or digest.recipient
        policies = digest.policy_names.get(gap.draft_code, {})
        return {
            "title": title,
            "name": name_of(gap.instrument, title, language),
            "short_name": name_of(gap.instrument, shortened(title), language),
            "draft_code": gap.draft_code,
            "unit": named(digest.unit_names, gap.unit_code),
            "is_other_unit": gap.unit_code != reader.unit_code or len(_units(digest.owed)) > 1,
            "said": in_language(self._reason_given(line, digest), language) if line.is_below else "",
            "answered": [in_language(text, language) for text in _own_answers(line, names, reader)],
            "waits_with": _waits_with(line, digest),
            "rested_until": line.context.rests_until if line.reason is Reason.PLAN_PASSED else None,
            "page": self.page_of(gap.draft_code),
            "stage": in_language(STAGES[gap.stage], language),
            "policies": policies_of(gap.policies, language),
            "named_policies": policies_of(gap.policies, language, policies),
            "since": gap.since,
            "due_on": gap.due_on,
            "due_name": in_language(_due_name(digest.due_documents.get(gap.unit_code)), language),
            "standing": line.standing.value,
            "overdue_days": line.overdue_days,
            "late": in_language(late(line.overdue_days), language),
            "days_left": line.days_left,
            "due_today": gap.due_on == digest.day,
            "why_label": in_language(label, language),
            "why": in_language(why, language),
            "closure": in_language(GAP_CLOSURES[gap.closure], language) if gap.closure else "",
            "requests": [
                _request_of(request, digest)
                for request in line.context.requests
                if request.is_waiting or request.is_decided
            ],
        }


def _request_of(request: UnitRequest, digest: Digest) -> dict[str, str]:
    language, names = digest.recipient.language, digest.unit_names
    if request.is_waiting:
        return {
            "label": in_language(WAITS, language),
            "text": in_language(waiting_of(request, names, digest.day), language),
        }
    return {
        "label": in_language(DECIDED, language),
        "text": in_language(decision_of(request, names), language),
    }


_URGING = frozenset(
    {
        Reason.FIRST_NOTICE,
        Reason.DUE_SOON,
        Reason.OVERDUE_FIRST,
        Reason.OVERDUE_REPEAT,
        Reason.WORSE,
        Reason.STILL_OWED,
    }
)
"""Reasons that urge: while a request waits, they say so."""


def plan_passed(day: date) -> Text:
    """Say which named day has passed."""
    return Text(
        f"Ngày thực hiện mà đơn vị đã báo ({_day(day)}) đã qua, chưa ghi nhận hoạt động truyền thông",
        f"The day that the unit named ({_day(day)}) has passed and no communication is on record",
    )


WHY_OBSTACLE = Text(
    "Dự thảo còn thiếu truyền thông; vướng mắc của đơn vị đang chờ trả lời, thời hạn không thay đổi trong thời gian chờ",
    "The gap is still open; the unit's obstacle waits for an answer, and the due day stays until then",
)


def _own_answers(line: Line, names: Mapping[str, str], reader: Recipient) -> Sequence[Text]:
    """Say what the reader's unit answered; of an heir's draft, what the unit did that had it."""
    if line.context.answer is None:
        return ()
    who = ADDRESSED if line.gap.unit_code == reader.unit_code else THE_UNIT
    return answered(line.context, names, who)


def _is_answered(line: Line) -> bool:
    """Whether it is somebody else's turn, or the day that the unit named is still to come: then nobody is urged."""
    return (
        line.reason is Reason.PLANNED
        or bool(line.context.waiting)
        or line.context.waiting_obstacle is not None
    )


def _due_name(document: str | None) -> Text:
    """Name a due day: the office's own deadline by its document, never one of Decision 407/QĐ-TTg."""
    return DUE if document is None else Text(f"Thời hạn theo {document}", f"Deadline by {document}")


def _first_urged(digest: Digest) -> int:
    """Find the draft of the subject: the worst one for which the day that was named is not still to come."""
    urged = (place for place, line in enumerate(digest.owed) if line.reason is not Reason.PLANNED)
    return next(urged, 0)


def _waits_with(line: Line, digest: Digest) -> str | None:
    """Name who has to answer before the unit can go on; None if nobody has."""
    language = digest.recipient.language
    if line.context.waiting:
        code = line.context.waiting[-1].decider_code
    elif line.context.waiting_obstacle:
        code = line.context.waiting_obstacle.to_unit_code
    else:
        return None
    return named(digest.unit_names, code) if code else in_language(SUPERVISOR, language)


def _contacts(digest: Digest) -> Iterator[str]:
    """Give name and address of each body that follows what is owed, but not the reader's own address."""
    own = address_of(digest.recipient)
    for code, email in digest.contacts.items():
        if email.strip().casefold() != own:
            yield f"{digest.unit_names.get(code, code)} ({email})"


def _units(lines: Iterable[Line]) -> list[str]:
    """Name the units in which a reader reads of these lines, each once."""
    return list(dict.fromkeys(line.reader.unit_code for line in lines if line.reader))


def _addressed(digest: Digest, unit: Unit) -> dict[str, Any]:
    """Say to which units a mail goes; `leaders` lead drafts, `overseers` see to units below."""
    language = digest.recipient.language

    def together(codes: Iterable[str]) -> str:
        names = {**digest.unit_names, unit.code: unit.name}
        return all_of([named(names, code) for code in codes] or [header(unit.name)], language)

    leaders, overseers = (_units(lines) or [unit.code] for lines in (digest.owed, digest.above))
    parent = unit.parent_name if leaders == [unit.code] else None
    return {
        "unit": together(_units(digest.lines)),
        "leaders": together(leaders),
        "leader_count": len(leaders),
        "overseeing": not digest.owed and any(line.is_below for line in digest.lines),
        "overseers": together(overseers),
        "overseer_count": len(overseers),
        "parent": header(parent) if parent else None,
        "role": _roles(digest, language),
    }


def _roles(digest: Digest, language: Language) -> str:
    """Name the role of the address; with its unit, if it has several."""
    own_records = {line.reader.recipient_id: line.reader for line in digest.lines if line.reader}
    roles = {reader.role for reader in own_records.values()} or {digest.recipient.role}
    if len(roles) == 1:
        return in_language(ROLES[roles.pop()], language)
    return all_of(
        (
            f"{in_language(ROLES[reader.role], language)} ({named(digest.unit_names, reader.unit_code)})"
            for reader in own_records.values()
        ),
        language,
    )
