"""Which policies can still be communicated in time to count: overdue, but the draft is still in the stage that owes it."""

from collections.abc import Sequence

from shared.rules.verdicts import OccurrenceVerdict


def recoverable(seen: Sequence[OccurrenceVerdict], *, owed_now: bool) -> bool:
    """Tell whether a communication today turns a policy that isn't communicated by the plan into one that is.

    `seen` are the verdicts of its required occurrences in the order of their entry; `owed_now`: the draft is still in the
    last of them and the policy lacks communication there. What counts is the first occurrence that isn't waived
    (`rate_plan`): if that is the present stage, a late communication still covers it; if it was left, it is lost.
    """
    judged = [verdict for verdict in seen if verdict is not OccurrenceVerdict.WAIVED]
    return owed_now and judged == [OccurrenceVerdict.MISSED] and seen[-1] is OccurrenceVerdict.MISSED
