"""The one sentence with which a page or a report for leaders begins: how far it is, what is lacking, what still can be saved."""

from dataclasses import dataclass
from datetime import date

from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.rules.words.percent import percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the sentence speaks of; `target` is a fraction 0..1, `forecast_of` a day to come that was asked for.

    `begun` of `judged` policies were communicated by the plan, `recoverable` of the others still can be. Drafts `lacking`
    communication at their present stage, `overdue` of them after the internal deadline.
    """

    begun: int
    judged: int
    recoverable: int
    lacking: int
    overdue: int
    target: float | None = None
    forecast_of: date | None = None


def conclusion(situation: Situation) -> Text:
    parts = [_rate(situation), _lack(situation)]
    if situation.recoverable:
        parts.append(_saved(situation.recoverable))
    vi, en = " ".join(part.vi for part in parts), " ".join(part.en for part in parts)
    if situation.forecast_of is None:
        return Text(vi, en)
    day = f"{situation.forecast_of:%d/%m/}{situation.forecast_of.year:04}"
    return Text(f"Dự kiến đến ngày {day}: {_lower(vi)}", f"Forecast for {day}: {_lower(en)}")


def _rate(situation: Situation) -> Text:
    if not situation.judged:
        return Text("Chưa có chính sách nào đến lúc đánh giá.", "No policy can be judged yet.")
    begun, judged = _number(situation.begun), _number(situation.judged)
    policies = counted(situation.judged, "judged policy", judged.en)
    were = agreeing(situation.judged, "was", "were")
    share = percent(situation.begun / situation.judged, in_words=True)
    target = Text("", "")
    if situation.target is not None:
        aim = percent(situation.target, in_words=True)
        target = Text(f"; chỉ tiêu {aim.vi}", f"; the target is {aim.en}")
    return Text(
        f"{begun.vi}/{judged.vi} chính sách được đánh giá ({share.vi}) đã được truyền thông theo Kế hoạch{target.vi}.",
        f"{begun.en}/{policies} ({share.en}) {were} communicated by the plan{target.en}.",
    )


def _lack(situation: Situation) -> Text:
    lacking, overdue = situation.lacking, situation.overdue
    if not lacking:
        return Text("Không có dự thảo nào đang thiếu truyền thông.", "No draft lacks communication now.")
    vi = f"{_number(lacking).vi} dự thảo đang thiếu truyền thông"
    en = (
        f"{counted(lacking, 'draft', _number(lacking).en)} {agreeing(lacking, 'lacks', 'lack')} communication"
    )
    if not overdue:
        return Text(f"{vi}, chưa dự thảo nào quá hạn.", f"{en}, none of them overdue.")
    if overdue == lacking:
        return Text(f"{vi}, đều đã quá hạn.", f"{en}, all overdue.")
    return Text(f"{vi}, {_number(overdue).vi} đã quá hạn.", f"{en}, {_number(overdue).en} overdue.")


def _saved(recoverable: int) -> Text:
    policies = counted(recoverable, "policy", _number(recoverable).en)
    return Text(
        f"Truyền thông ngay thì {_number(recoverable).vi} chính sách quá hạn còn kịp đạt.",
        f"Communicated now, {policies} overdue can still meet it.",
    )


def _number(value: int) -> Text:
    return Text(f"{value:,}".replace(",", "."), f"{value:,}")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
