"""What leaders read first: the rate by the plan with its lower bound, and the month in a sentence."""

from services.notifier.domain.overview import MonthlySummary, PlanRate
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text
from shared.rules.words.figure_words import RATES
from shared.rules.words.percent import percent


def plan_rate(rate: PlanRate) -> Text:
    """Name the rate by the plan, its lower bound and what they count."""
    name, low = RATES["rate_plan"], RATES["rate_plan_low"]
    given, lowest = percent(rate.rate, in_words=True), percent(rate.low, in_words=True)
    return Text(
        f"{name.vi}: {given.vi} ({rate.begun}/{rate.judged} chính sách được đánh giá); {_lower(low.vi)}: {lowest.vi}",
        f"{name.en}: {given.en} ({rate.begun}/{counted(rate.judged, 'judged policy')}); {_lower(low.en)}: {lowest.en}",
    )


def month_conclusion(notice: MonthlySummary) -> Text:
    """Say in one sentence how many gaps are open at the month's end, how many of them late, in how many units."""
    month, units = notice.month, len(notice.units)
    if not month.open_at_end:
        return Text(
            "Cuối tháng báo cáo không còn dự thảo nào thiếu truyền thông.",
            "At the end of the reporting month no draft lacked communication.",
        )
    open_gaps = counted(month.open_at_end, "draft")
    lacked = agreeing(month.open_at_end, "lacks", "lack")
    if not month.overdue_at_end:
        return Text(
            f"Cuối tháng báo cáo có {month.open_at_end} dự thảo còn thiếu truyền thông, chưa dự thảo nào quá thời hạn theo dõi "
            "nội bộ.",
            f"At the end of the reporting month {open_gaps} {lacked} communication, none past the internal deadline.",
        )
    late = Text(f"trong đó {month.overdue_at_end} đã", f"{month.overdue_at_end} of them")
    if month.overdue_at_end == month.open_at_end:
        late = Text("đều đã", "all of them" if month.open_at_end > 1 else "which is")
    return Text(
        f"Cuối tháng báo cáo có {month.open_at_end} dự thảo còn thiếu truyền thông, {late.vi} quá thời hạn "
        f"theo dõi nội bộ ở {units} đơn vị.",
        f"At the end of the reporting month {open_gaps} {lacked} communication, {late.en} past the internal "
        f"deadline in {counted(units, 'unit')}.",
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
