"""What a unit answered, in words: to the unit itself on the card of its draft, and to those above in a list."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from textwrap import shorten

from services.notifier.adapters.delivery.message import Names, header, named
from services.notifier.adapters.rendering.request_words import waiting_of
from services.notifier.domain.gaps.gap_alert import AlertContext
from services.notifier.domain.gaps.unit_answers import ObstacleReply, UnitAnswer
from shared.contracts.notifier import (
    AlertExemptionRequested,
    AlertTransferRequested,
)
from shared.kernel.errors import Text

LONGEST_ANSWER = 300  # characters of an answer that a list has room for
THE_UNIT = Text("Đơn vị", "The unit")
ADDRESSED = Text("Quý cơ quan", "You")
NO_ANSWER = Text("Chưa có phản hồi", "No answer yet")
NO_READER = Text(
    "Đơn vị chưa có người nhận thư đang hiệu lực; đề nghị chỉ đạo đăng ký",
    "The unit has nobody to write to; please have a recipient registered",
)
SUPERVISOR = Text("cơ quan theo dõi", "the supervising body")


def answer_of(context: AlertContext, names: Names, day: date) -> Text:
    """Say in one line what a late unit has answered and what waits: the column "Lý do" of the list that those above read."""
    parts = [*answered(context, names, THE_UNIT), *_requested(context, names, day)]
    if not parts:
        return NO_ANSWER
    return Text("; ".join(part.vi for part in parts), "; ".join(part.en for part in parts))


def answered(context: AlertContext, names: Names, who: Text) -> list[Text]:
    """Say in a sentence for each what the unit `who` answered, when, and whose turn it is now; the newest obstacles last."""
    return [
        *_planned(context, who),
        *(_asked(answer, who) for answer in context.given if answer.name in _ASKED and not context.waiting),
        *_obstacles(context, names, who),
    ]


def _requested(context: AlertContext, names: Names, day: date) -> Iterator[Text]:
    for request in context.waiting[-1:]:
        waits = waiting_of(request, names, day)
        yield Text(f"Đơn vị có {waits.vi}", f"The unit has sent {waits.en}")


def _planned(context: AlertContext, who: Text) -> Iterator[Text]:
    """Name the day that holds; of one that was put off, what it takes the place of and until when urging rested."""
    answers = [answer for answer in context.given if answer.planned_on]
    if not answers:
        return
    last, days = answers[-1], [answer.planned_on for answer in answers if answer.planned_on]
    on, rest = _on(last), context.rests_until
    said = Text(
        f"{who.vi} đã báo{on.vi}: sẽ thực hiện ngày {_day(days[-1])}",
        f"{who.en} answered{on.en}: it will be done on {_day(days[-1])}",
    )
    if rest is None or days[-1] <= rest:
        yield said
        return
    before = days[-2] if len(days) > 1 and days[-2] != days[-1] else rest
    yield Text(
        f"{said.vi}, thay cho ngày {_day(before)}; việc nhắc đã tạm dừng một lần, đến hết ngày {_day(rest)}, "
        "việc tạm dừng thêm do cơ quan theo dõi xem xét, quyết định",
        f"{said.en}, in place of {_day(before)}; reminders have rested once, until the end of {_day(rest)}, "
        "and it is for the supervising body to grant more",
    )


def _obstacles(context: AlertContext, names: Names, who: Text) -> Iterator[Text]:
    """Name every obstacle that waits, and how the newest one was answered if none does."""
    reported = [answer for answer in context.given if answer.is_obstacle]
    replies = {reply.answer_id: reply for reply in context.replies}
    waiting = [answer for answer in reported if answer.answer_id not in replies]
    for answer in waiting or reported[-1:]:
        on, words = _on(answer), _content(answer).get("obstacle")
        reply = replies.get(answer.answer_id) if answer.answer_id else None
        next_step = _replied(reply) if reply else obstacle_waits(answer, names)
        yield Text(
            f"{who.vi} đã báo{on.vi} có vướng mắc{f': “{words}”' if words else ''}; {next_step.vi}",
            f"{who.en} reported an obstacle{on.en}{f': “{words}”' if words else ''}; {next_step.en}",
        )


def obstacle_waits(answer: UnitAnswer, names: Names) -> Text:
    """Say with whom an obstacle waits."""
    code = answer.to_unit_code
    name = named(names, code)
    return Text(
        f"vướng mắc đang chờ {name or SUPERVISOR.vi} trả lời",
        f"the obstacle waits for an answer of {name or SUPERVISOR.en}",
    )


def _replied(reply: ObstacleReply) -> Text:
    document = header(reply.document or "")
    note = shorten(reply.note or "", LONGEST_ANSWER, placeholder="…")
    return Text(
        f"vướng mắc đã được trả lời ngày {_day(reply.on)}{f', văn bản {document}' if document else ''}{f': “{note}”' if note else ''}",
        f"it was answered on {_day(reply.on)}{f', document {document}' if document else ''}{f': “{note}”' if note else ''}",
    )


_ASKED = frozenset({AlertTransferRequested.name, AlertExemptionRequested.name})


def _asked(answer: UnitAnswer, who: Text) -> Text:
    """Say what was asked for in an answer of an earlier release, which no request stands for."""
    content, on = _content(answer), _on(answer)
    transfer = answer.name == AlertTransferRequested.name
    what = _transfer(content) if transfer else _exemption(content)
    return Text(f"{who.vi} đã báo{on.vi}: {what.vi}", f"{who.en} answered{on.en}: {what.en}")


def _transfer(content: Mapping[str, str]) -> Text:
    to, why = content.get("to_unit"), content.get("explanation")
    return Text(
        f"đề nghị chuyển{f' đến {to}' if to else ' cho đơn vị khác'}{f': {why}' if why else ''}",
        f"a transfer is asked for{f' to {to}' if to else ''}{f': {why}' if why else ''}",
    )


def _exemption(content: Mapping[str, str]) -> Text:
    document, authority, day = (content.get(name) for name in ("document", "authority", "decided_on"))
    if not (document and authority and day):
        return Text("đề nghị miễn theo văn bản", "an exemption is asked for")
    on = _day(date.fromisoformat(day))
    return Text(
        f"đề nghị miễn theo {document} ngày {on} của {authority}",
        f"an exemption is asked for by {document} of {on}, {authority}",
    )


def _content(answer: UnitAnswer) -> Mapping[str, str]:
    return dict(_shortened(answer.content.items()))


def _shortened(items: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    return ((name, shorten(words or "", LONGEST_ANSWER, placeholder="…")) for name, words in items)


def _on(answer: UnitAnswer) -> Text:
    """Give the day of an answer in brackets; nothing if an earlier release did not keep it."""
    return Text(f" ({_day(answer.on)})", f" ({_day(answer.on)})") if answer.on else Text("", "")


def _day(day: date) -> str:
    return f"{day:%d/%m/}{day.year:04}"
