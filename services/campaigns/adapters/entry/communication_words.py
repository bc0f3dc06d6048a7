"""What a communication leads to, in words: whether it counts for the drafting body, and for which stage in what time."""

from collections.abc import Iterator

from services.campaigns.domain.communication import Stated
from shared.contracts.vocabulary import CommunicationRole
from shared.directory.folds import DraftCard
from shared.kernel.errors import Text
from shared.rules.roles import role_of
from shared.rules.rulebook.rulebook import Rulebook, last_day
from shared.rules.sequence import course
from shared.rules.verdicts import Span, covering_day
from shared.rules.words.wording import CHANNELS, STAGES, dated

SUPPORT = Text(
    "Hoạt động được ghi nhận là việc của đơn vị; hoạt động hỗ trợ không tính vào việc truyền thông của cơ quan chủ trì soạn thảo.",
    "It is recorded as work of the unit; support does not count as communication of the drafting body.",
)
WAITS = Text(
    "Cơ quan chủ trì soạn thảo xác nhận thì hoạt động được tính là phối hợp.",
    "Once the drafting body confirms it, it counts as coordinating work.",
)
NOT_COUNTED = Text(
    "Hình thức này không tính vào việc truyền thông của cơ quan chủ trì soạn thảo.",
    "This channel does not count as communication of the drafting body.",
)
NO_STAGE = Text(
    "Ngày này không thuộc giai đoạn phải truyền thông nào đã ghi nhận của dự thảo, nên chưa tính cho giai đoạn nào.",
    "This day lies in no recorded stage that has to be communicated, so it counts for none yet.",
)


def sentence(activity: Stated) -> Text:
    """Say what the activity is, and when it was held."""
    channel, when = CHANNELS[activity.channel], dated(activity.held_on, activity.precision)
    return Text(
        f"“{activity.title}” ({channel.vi}), {when.vi}", f"“{activity.title}” ({channel.en}), {when.en}"
    )


def consequences(activity: Stated, card: DraftCard, rulebook: Rulebook) -> Iterator[Text]:
    role = role_of(activity.role, activity.unit_code, card.lead_on(activity.held_on))
    rule = rulebook.counting.communication(activity.held_on)
    if role is CommunicationRole.SUPPORT:
        yield SUPPORT
        if activity.requested_role is not None:
            yield WAITS
    elif not rule.counts(role, activity.channel):
        yield NOT_COUNTED
    else:
        yield from _stages(activity, card, rulebook)


def _stages(activity: Stated, card: DraftCard, rulebook: Rulebook) -> Iterator[Text]:
    last = last_day(activity.held_on, activity.precision)
    span = Span(activity.communication_id, activity.held_on, last, statutory=False, verified=False)
    covered = [
        (occurrence, day)
        for occurrence in course(card.facts, rulebook).occurrences
        if occurrence.required and (day := covering_day(occurrence, span)) is not None
    ]
    for occurrence, day in covered:
        name, due, late = STAGES[occurrence.stage], occurrence.due_on, day > occurrence.due_on
        yield Text(
            f"Hoạt động này được tính cho giai đoạn “{name.vi}” (hạn {due:%d/%m/%Y}){', sau thời hạn' if late else ', trong thời hạn'}.",
            f"It counts for “{name.en}” (due by {due:%d/%m/%Y}), {'after the due day' if late else 'in time'}.",
        )
    if not covered:
        yield NO_STAGE
