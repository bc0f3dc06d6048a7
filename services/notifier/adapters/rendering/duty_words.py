"""What mails say of programmes: what is to be done next, until when, and which step of an obstacle was taken."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from services.notifier.adapters.delivery.message import Names, header, named
from services.notifier.adapters.rendering.templates import in_language, late
from services.notifier.application.ports import MailLink
from services.notifier.domain.notification.reasons import Standing
from services.notifier.domain.programmes.notices import DutyLine, StepLine, Waiting
from shared.contracts.vocabulary import Language, ProgrammeKind
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.programme.owed import Act
from shared.signed_links.duty_links import DutyAnswer


def _quoted(line: DutyLine) -> str:
    words = line.duty.words
    reference = f" ({header(words.entry_ref)})" if words.entry_ref else ""
    return f"“{header(words.title)}”{reference}"


def _correct(line: DutyLine, _asked_by: str) -> Text:
    left = line.duty.owed.left
    more = Text(f", còn {left:02} nội dung", f", {counted(left, 'finding')} left") if left else Text("", "")
    quoted = _quoted(line)
    return Text(
        f"Khắc phục nội dung sau kiểm tra {quoted}{more.vi}",
        f"What an inspection asks to be corrected: {quoted}{more.en}",
    )


def _extend(line: DutyLine, asking: str) -> Text:
    request = line.duty.owed.request
    until = f"{request.due_on:%d/%m/%Y}" if request and request.due_on else "…"
    quoted = _quoted(line)
    return Text(
        f"Xem xét đề nghị của {asking} gia hạn {quoted} đến hết ngày {until}",
        f"Decide whether {asking} gets time for {quoted} until the end of {until}",
    )


def _period(line: DutyLine) -> Text:
    period = line.duty.owed.period
    if period is None:
        return Text("", "")
    first, last = f"{period.from_day:%d/%m/%Y}", f"{period.to_day:%d/%m/%Y}"
    return Text(f" (số liệu từ ngày {first} đến ngày {last})", f" (figures from {first} to {last})")


_WHAT: Mapping[Act, Callable[[DutyLine, str], Text]] = MappingProxyType(
    {
        Act.CARRY_OUT: lambda line, _: Text(f"Nhiệm vụ {_quoted(line)}", f"Task {_quoted(line)}"),
        Act.ACCEPT: lambda line, _: Text(
            f"Xem xét, chấp nhận kết quả nhiệm vụ {_quoted(line)} đã được báo cáo",
            f"Accept, or send back, what was reported on the task {_quoted(line)}",
        ),
        Act.CORRECT: _correct,
        Act.DECIDE: lambda line, asked_by: Text(
            f"Xem xét, giải quyết khó khăn, vướng mắc {_quoted(line)} của {asked_by}",
            f"Decide about the obstacle {_quoted(line)} of {asked_by}",
        ),
        Act.EXTEND: _extend,
        Act.REPORT: lambda line, asked_by: Text(
            f"Gửi báo cáo {_quoted(line)}{_period(line).vi} về {asked_by}",
            f"Send the report {_quoted(line)}{_period(line).en} to {asked_by}",
        ),
        Act.RECEIVE: lambda line, _: Text(
            f"Tiếp nhận báo cáo {_quoted(line)}{_period(line).vi} đã được gửi đến",
            f"Receive the report {_quoted(line)}{_period(line).en} that was sent",
        ),
    }
)
_DONE: Mapping[ProgrammeKind, Text] = MappingProxyType(
    {
        ProgrammeKind.OBSTACLE_RECEIVED: Text("{by} đã tiếp nhận", "received by {by}"),
        ProgrammeKind.OBSTACLE_FORWARDED: Text("đã được chuyển đến {by}", "passed on to {by}"),
        ProgrammeKind.OBSTACLE_DECIDED: Text("{by} đã quyết định giải quyết", "{by} has decided about it"),
        ProgrammeKind.OBSTACLE_ANSWERED: Text("đã có trả lời cho đơn vị", "the unit was answered"),
        ProgrammeKind.TASK_EXTENDED: Text(
            "được gia hạn đến hết ngày {until}", "there is time until the end of {until}"
        ),
        ProgrammeKind.EXTENSION_REFUSED: Text(
            "không được gia hạn; thời hạn giữ nguyên", "no more time is given; the due day stays"
        ),
    }
)
_BODY = Text("cơ quan có thẩm quyền", "the body in charge")


def duty_values(line: DutyLine, names: Names, language: Language) -> dict[str, Any]:
    """Give what a template shows of a duty."""
    item = line.duty.owed
    asked_by = named(names, item.asked_by)
    is_other = item.asked_by != item.unit_code and item.act is Act.CARRY_OUT
    asking = item.request.lead_unit_code if item.request and item.act is Act.EXTEND else None
    return {
        "what": in_language(_WHAT[item.act](line, named(names, asking) if asking else asked_by), language),
        "unit": named(names, item.unit_code),
        "left_by": named(names, item.left_by) if item.left_by else None,
        "asked_by": asked_by if is_other else None,
        "document": header(line.duty.words.document or ""),
        "due_on": item.due_on,
        "due_label": in_language(_ANSWER_DUE if item.act in _ANSWERING else _DUE, language),
        "is_overdue": line.standing is Standing.OVERDUE and not line.duty.asks_for_time,
        "time": in_language(_time(line), language),
        "reason": header(line.duty.words.reason or "") if item.act is Act.EXTEND else "",
        "waiting": [in_language(_waits(each, names, language), language) for each in line.duty.waiting],
    }


_ANSWERING = frozenset({Act.ACCEPT, Act.EXTEND})
_DUE, _ANSWER_DUE = Text("Thời hạn", "Due"), Text("Thời hạn trả lời", "Answer due")


def _waits(waiting: Waiting, names: Names, language: Language) -> Text:
    """Say what the unit asked for and with whom it waits."""
    by = named(names, waiting.with_unit) if waiting.with_unit else in_language(_BODY, language)
    on = f"{waiting.on:%d/%m/%Y}"
    if waiting.until is None:
        return Text(
            f"Đã nêu khó khăn, vướng mắc ngày {on}, đang chờ {by} giải quyết",
            f"An obstacle was reported on {on}; {by} has to decide",
        )
    return Text(
        f"Ngày {on} đã đề nghị gia hạn đến hết ngày {waiting.until:%d/%m/%Y}, đang chờ {by} quyết định",
        f"Time until the end of {waiting.until:%d/%m/%Y} was asked for on {on}; {by} has to decide",
    )


_ANSWERS: Mapping[DutyAnswer, Text] = MappingProxyType(
    {
        DutyAnswer.DONE: Text("Đã thực hiện", "Done"),
        DutyAnswer.MORE_TIME: Text("Đề nghị gia hạn", "Ask for more time"),
        DutyAnswer.OBSTACLE: Text("Có khó khăn, vướng mắc", "Something stands in the way"),
        DutyAnswer.REFUSE: Text("Không gia hạn", "Refuse"),
    }
)
_OF_ACT: Mapping[Act, Text] = MappingProxyType(
    {
        Act.ACCEPT: Text("Chấp nhận kết quả", "Accept the result"),
        Act.CORRECT: Text("Đã khắc phục", "Corrected"),
        Act.DECIDE: Text("Đã giải quyết", "Decided"),
        Act.EXTEND: Text("Gia hạn", "Give time"),
        Act.REPORT: Text("Đã gửi báo cáo", "Report sent"),
        Act.RECEIVE: Text("Tiếp nhận báo cáo", "Receive the report"),
    }
)


def answer_values(
    line: DutyLine, links: Mapping[DutyAnswer, MailLink], language: Language
) -> list[dict[str, str]]:
    """Give the buttons under an item: its words and where it leads."""
    act = line.duty.owed.act
    words = {**_ANSWERS, DutyAnswer.DONE: _OF_ACT.get(act, _ANSWERS[DutyAnswer.DONE])}
    return [
        {"label": in_language(words[answer], language), "url": link.address} for answer, link in links.items()
    ]


def _time(line: DutyLine) -> Text:
    if line.duty.owed.due_on is None:
        return Text("chưa ấn định", "none set")
    if line.duty.asks_for_time and line.standing is Standing.OVERDUE:
        return Text("đang chờ quyết định gia hạn", "more time is asked for")
    if line.standing is Standing.OVERDUE:
        days = late(line.overdue_days)
        return Text(f"quá hạn {days.vi}", f"overdue by {days.en}") if line.overdue_days else _PASSED
    if not line.days_left:
        return Text("đến hạn hôm nay", "due today")
    return Text(f"còn {late(line.days_left).vi}", f"{late(line.days_left).en} left")


_PASSED = Text("đã hết hạn", "the day has passed")


def step_values(step: StepLine, names: Names, language: Language) -> dict[str, Any]:
    """Give what a template shows of a step about an obstacle or a due day; of a refusal its reason."""
    by = named(names, step.by) if step.by else in_language(_BODY, language)
    reference = f" ({header(step.obstacle.entry_ref)})" if step.obstacle.entry_ref else ""
    until = f"{step.until:%d/%m/%Y}" if step.until else ""
    refused = step.kind is ProgrammeKind.EXTENSION_REFUSED
    return {
        "what": f"“{header(step.obstacle.title)}”{reference}",
        "done": in_language(_DONE[step.kind], language).format(by=by, until=until),
        "on": step.on,
        "document": header(step.step.document or ""),
        "note": header((step.step.reason if refused else step.step.note) or ""),
    }


def steps_heading(about_time: int) -> Text:
    """Say what the steps of a mail are about; `about_time` of them are about due days."""
    if about_time:
        return Text(
            "Đề nghị gia hạn, khó khăn, vướng mắc của đơn vị được xử lý như sau:",
            "What became of what the unit asked for:",
        )
    return Text(
        "Khó khăn, vướng mắc do đơn vị phản ánh được xử lý như sau:",
        "What became of the obstacles that the unit reported:",
    )


def subject_of(owed: int, overdue: int, above: int, steps: int, about_time: int = 0) -> Text:
    """Say what a mail is about: the most pressing first. `about_time` are the steps about due days."""
    if overdue:
        return Text(
            f"[Đôn đốc] {overdue} việc theo chương trình, kế hoạch đã quá thời hạn",
            f"[Overdue] {counted(overdue, 'item')} of the programme",
        )
    if owed:
        return Text(
            f"[Nhắc việc] {owed} việc theo chương trình, kế hoạch",
            f"[Reminder] {counted(owed, 'item')} of the programme",
        )
    if above:
        return Text(
            f"[Báo cáo] {above} việc theo chương trình, kế hoạch của đơn vị cấp dưới đã quá thời hạn",
            f"[Report] {counted(above, 'item')} of the programmes of units below {'is' if above == 1 else 'are'} overdue",
        )
    if about_time:
        return Text(
            f"[Thông báo] Kết quả xử lý {steps} đề nghị, khó khăn, vướng mắc của đơn vị",
            f"[Notice] {counted(steps, 'answer')} to what the unit asked for",
        )
    return Text(
        f"[Thông báo] Việc giải quyết {steps} khó khăn, vướng mắc của đơn vị",
        f"[Notice] {counted(steps, 'step')} taken about obstacles of the unit",
    )
