"""The page of activities: what units carried out by form, audience and area, and whether it is always the same."""

from collections import Counter
from collections.abc import Mapping

from services.metrics.adapters.lists.listing import Column, Kind, Share, Table, Value
from services.metrics.adapters.lists.page import Asked, ListPage, Sources, column
from services.metrics.adapters.pages import page_data
from services.metrics.application.counts import (
    NOT_RECORDED,
    CountAnswer,
    CountGroup,
    CountQuestion,
    activities_asked,
    counts_in,
)
from services.metrics.application.ports import ActivitySums, GroupKey
from shared.contracts.vocabulary import Channel
from shared.kernel.errors import Text
from shared.rules.counts import CountBy
from shared.rules.words.figure_words import PUBLISHED
from shared.rules.words.wording import CHANNELS

MUCH = 0.5  # of all activities: then one form prevails
MOST_AUDIENCES = 12  # columns of the table of forms and audiences
TITLES: Mapping[CountBy, Text] = {
    CountBy.CHANNEL: Text("Theo hình thức", "By form"),
    CountBy.AUDIENCE: Text("Theo đối tượng", "By audience"),
    CountBy.AREA: Text("Theo địa bàn", "By area"),
    CountBy.ROLE: Text("Theo vai trò", "By role"),
}
NAMES: Mapping[CountBy, Text] = {
    CountBy.CHANNEL: Text("Hình thức", "Form"),
    CountBy.AUDIENCE: Text("Đối tượng", "Audience"),
    CountBy.AREA: Text("Địa bàn", "Area"),
    CountBy.ROLE: Text("Vai trò", "Role"),
}
PAIRS = (CountBy.CHANNEL, CountBy.AUDIENCE)
_SUMS = ("items", "attendance", "reach_count", "cost_state", "cost_social")
OVERLAP = Text(
    "Một hoạt động có thể hướng đến nhiều đối tượng, địa bàn và được tính ở từng dòng; các dòng không cộng thành tổng số.",
    "An activity may have several audiences or areas and counts in each; the rows do not sum to the total.",
)


def _columns(by: CountBy) -> list[Column]:
    return [
        Column("label", NAMES[by]),
        Column("activities", PUBLISHED["activities"], Kind.NUMBER),
        column("before", "Cùng kỳ năm trước", "The year before", Kind.NUMBER),
        column("share", "Tỷ trọng", "Share", Kind.SHARE),
        *(Column(name, PUBLISHED[name], Kind.NUMBER) for name in _SUMS),
    ]


async def page(sources: Sources, asked: Asked) -> ListPage:
    question = asked.chosen.question(asked.today)
    async with sources.snapshots(question.known_at) as snapshot:
        overview = await sources.queries.overview_in(snapshot, question)
        counted = CountQuestion.of(overview.question)
        answers = await counts_in(snapshot, counted, (CountBy.NONE, *TITLES), drafts=False)
        asked_pairs = activities_asked(counted, await snapshot.units(), [PAIRS], drafts=False)
        pairs = await snapshot.activity_sums(asked_pairs)
    total = answers[CountBy.NONE].groups[0].figures.activities
    tables = [_table(by, answers[by], total) for by in TITLES]
    return ListPage(
        headline=_headline(answers[CountBy.CHANNEL], total),
        tables=[*tables, _matrix(pairs)],
        overview=overview,
    )


def _headline(channels: CountAnswer, total: int) -> Text:
    if not total:
        return Text(
            "Chưa ghi nhận hoạt động truyền thông nào trong kỳ", "No activity is recorded in the period"
        )
    top = max(channels.groups, key=lambda group: group.figures.activities)
    share = top.figures.activities / total
    whole = Text(f"{total} hoạt động truyền thông", f"{total} activities")
    if share <= MUCH:
        forms = sum(bool(group.figures.activities) for group in channels.groups)
        return Text(f"{whole.vi}, {forms} hình thức", f"{whole.en} in {forms} forms")
    shown = page_data.points(share)
    return Text(
        f"{whole.vi}; {shown}% cùng một hình thức: {top.label.vi.lower()}",
        f"{whole.en}; {shown}% in one form: {top.label.en.lower()}",
    )


def _table(by: CountBy, answer: CountAnswer, total: int) -> Table:
    groups = sorted(answer.groups, key=lambda group: -group.figures.activities)
    return Table(
        key=by.value,
        title=TITLES[by],
        columns=_columns(by),
        rows=[_row(group, total) for group in groups],
        note=OVERLAP if answer.overlapping else None,
    )


def _row(group: CountGroup, total: int) -> dict[str, Value]:
    figures = group.figures.as_dict()
    return {
        "label": group.label,
        "activities": group.figures.activities,
        "before": group.year_before.activities,
        "share": Share(group.figures.activities, total),
        **{name: figures[name] for name in _SUMS},
    }


def _matrix(sums: Mapping[GroupKey, ActivitySums]) -> Table:
    """Count activities by form and audience; an activity stands at each of its audiences."""
    pairs = Counter(
        {(Channel(str(form)), name): of.published.activities for (_, (form, name)), of in sums.items()}
    )
    audiences = Counter({name: 0 for _, name in pairs})
    for (_, name), number in pairs.items():
        audiences[name] += number
    listed = sorted(audiences, key=lambda name: (-audiences[name], name or ""))[:MOST_AUDIENCES]
    keys = {name: f"audience{number}" for number, name in enumerate(listed)}
    channels = sorted({channel for channel, _ in pairs}, key=list(Channel).index)
    return Table(
        key="matrix",
        title=Text("Hình thức và đối tượng", "Forms and audiences"),
        columns=[
            column("label", "Hình thức", "Form"),
            *(Column(keys[name], _named(name), Kind.NUMBER) for name in listed),
        ],
        rows=[
            {"label": CHANNELS[channel]} | {keys[name]: pairs[channel, name] or None for name in listed}
            for channel in channels
        ],
        note=Text("Ô trống: chưa có hoạt động.", "Empty: no activity."),
    )


def _named(audience: str | None) -> Text:
    return NOT_RECORDED if audience is None else Text(audience, audience)
