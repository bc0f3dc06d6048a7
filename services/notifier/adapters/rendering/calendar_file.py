"""The due days of a digest as a calendar file (RFC 5545), for recipients who asked for it."""

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from services.notifier.adapters.delivery.headers import header
from services.notifier.adapters.rendering.draft_names import in_language, name_of, policies_of
from services.notifier.application.ports import Attachment
from services.notifier.domain.digest import Digest, Line
from services.notifier.domain.notification.office_hours import HOUR
from shared.kernel.clock import VIETNAM
from shared.kernel.errors import Text
from shared.rules.wording import STAGES

ICS = "text/calendar"


def due_dates(digest: Digest) -> tuple[Attachment, ...]:
    """One day-long entry a draft that is owed; an entry keeps its id, so a moved due day moves it."""
    asked = any((line.reader or digest.recipient).calendar for line in digest.owed)
    if not asked:
        return ()
    calendar = Calendar()
    calendar.add("prodid", "-//Loa//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for line in digest.owed:
        calendar.add_component(_entry(digest, line))
    return (Attachment(name=f"thoi-han-{digest.day}.ics", media_type=ICS, content=calendar.to_ical()),)


def _entry(digest: Digest, line: Line) -> Event:
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
