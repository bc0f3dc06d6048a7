"""Requests of units in words: what was asked for, with whom it waits, how it was decided."""

from datetime import date

from services.notifier.adapters.delivery.message import Names, header, named
from services.notifier.domain.gaps.gap_alert import APPROVED, UnitRequest
from shared.kernel.errors import Text
from shared.rules.words.wording import REQUESTS

WAITS = Text("Đang chờ quyết định", "Waits for a decision")
DECIDED = Text("Kết quả xem xét đề nghị", "Decision on the request")
WHY_WAITING = Text(
    "Dự thảo còn thiếu truyền thông; đề nghị của đơn vị đang chờ quyết định, thời hạn không thay đổi trong thời gian chờ",
    "The gap is still open; the unit's request waits for a decision, and the due day stays until then",
)


def asked_for(request: UnitRequest, names: Names) -> Text:
    """Say what was asked for: "miễn truyền thông theo Công văn 12"."""
    what, by = REQUESTS[request.kind], header(request.document or "")
    to = named(names, request.to_unit)
    return Text(
        f"{what.vi}{f' ({to})' if to else ''}{f' theo {by}' if by else ''}",
        f"{what.en}{f' ({to})' if to else ''}{f' by {by}' if by else ''}",
    )


def waiting_of(request: UnitRequest, names: Names, day: date) -> Text:
    """Say what waits, since when, with whom, until when; a period that has passed by `day` is the one of who was asked before."""
    what, since, until = asked_for(request, names), _day(request.raised_on), request.answer_by
    if until is not None and until < day:
        until = None
    who = named(names, request.decider_code)
    by = f" trước khi hết ngày {_day(until)}" if until else ""
    said = _answered(request, names)
    return Text(
        f"đề nghị {what.vi}, gửi ngày {since}; {who or 'cơ quan theo dõi'} xem xét, quyết định{by}{said.vi}",
        f"the request for {what.en}, sent on {since}; {who or 'the supervising body'} decides"
        f"{f' by the end of {_day(until)}' if until else ''}{said.en}",
    )


def _answered(request: UnitRequest, names: Names) -> Text:
    """Say what was answered last without a decision, if anything was."""
    if (reply := request.answered) is None:
        return Text("", "")
    who, on = named(names, reply.by_unit_code), _day(reply.on)
    words = reply.words.rstrip(" .")
    return Text(
        f". {who or 'Cơ quan theo dõi'} trả lời ngày {on}, chưa quyết định: {words}",
        f". {who or 'The supervising body'} replied on {on} without deciding: {words}",
    )


def decision_of(request: UnitRequest, names: Names) -> Text:
    """Say how a request was decided, by whom, on what document, for what reason."""
    what, on = asked_for(request, names), _day(request.settled_on or request.raised_on)
    approved = request.state == APPROVED
    who = named(names, request.settled_by)
    document, reason = header(request.settlement_document or ""), request.settlement_reason or ""
    return Text(
        f"{who or 'Cơ quan theo dõi'} {'chấp thuận' if approved else 'không chấp thuận'} đề nghị {what.vi} "
        f"(gửi ngày {_day(request.raised_on)}) vào ngày {on}{f', văn bản {document}' if document else ''}"
        f"{f'. Lý do: {reason}' if reason else ''}",
        f"{who or 'The supervising body'} {'approved' if approved else 'refused'} the request for {what.en} "
        f"(of {_day(request.raised_on)}) on {on}{f', document {document}' if document else ''}"
        f"{f'. Reason: {reason}' if reason else ''}",
    )


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
