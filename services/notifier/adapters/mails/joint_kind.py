"""The one scheduled mail of a day to an address for which several are due: their contents one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from services.notifier.adapters.rendering.templates import environment, in_language
from services.notifier.application.pipeline import JointMails
from services.notifier.application.ports import Mail
from services.notifier.domain.digest import JOINT, JointNotice
from services.notifier.domain.recipients.audience import Unit
from shared.contracts.event import banners
from shared.kernel.errors import Text

CONTENT = '<tr><td style="padding:20px">\n'
FOOTER = '<tr><td class="quiet" style="padding:14px 20px 20px;border-top:1px solid #d0d5dd;color:#5b6573;font-size:14px;line-height:20px">\n'
END = "</td></tr>\n"
TEXT_FOOTER = "\n--\n"
BANNER = "*** "


@dataclass(frozen=True)
class JointKind(JointMails):
    """It has the subject of its first part and names the others; files, links and threads of all go along.

    It may be delivered late like a weekly list, and the digest in it then speaks of the day that it names. What of it is
    optional is ended through the links at its foot: one click for the whole mail would end what is a duty.
    """

    name: ClassVar[str] = JOINT
    label: ClassVar[Text] = Text("Thư chung trong ngày", "Joint mail of the day")

    def render(self, notice: JointNotice, unit: Unit) -> Mail:
        raise NotImplementedError(f"{notice.key} to {unit.code} is written of its parts")

    def joined(self, notice: JointNotice, parts: Sequence[tuple[Text, Mail]]) -> Mail:
        language = notice.recipient.language
        mails = [mail for _, mail in parts]
        labels = [in_language(label, language) for label, _ in parts]
        values: dict[str, Any] = {
            "subject": mails[0].subject,
            "others": [label[:1].lower() + label[1:] for label in labels[1:]],
            "parts": [
                {"label": label, "text": _text(mail)[0], "html": _html(mail)[0]}
                for label, mail in zip(labels, mails, strict=True)
            ],
            "text_feet": _apart([_text(mail)[1] for mail in mails]),
            "html_feet": _apart([_html(mail)[1] for mail in mails]),
            "banners": [in_language(note, language) for note in banners(notice.datasets)],
        }
        subject, text, html = (
            environment().get_template(f"joint/{language}/{name}").render(values)
            for name in ("subject.txt", "body.txt", "body.html")
        )
        return Mail(
            subject.strip(),
            text,
            html,
            tuple(file for mail in mails for file in mail.attachments),
            tuple(_once(thread for mail in mails for thread in mail.threads)),
            links=tuple({link.link_id: link for mail in mails for link in mail.links}.values()),
        )


def _text(mail: Mail) -> tuple[str, str]:
    """Give what stands in a plain text above its foot, without banners, and the foot."""
    content, footer = _split(mail.text, TEXT_FOOTER)
    lines = content.strip().splitlines()
    while lines and (not lines[0] or lines[0].startswith(BANNER)):
        lines.pop(0)
    return "\n".join(lines), footer


def _html(mail: Mail) -> tuple[str, str]:
    """Give what stands in the sheet of an HTML mail, and its foot."""
    _, rest = _split(mail.html, CONTENT)
    content, footer = _split(rest, FOOTER)
    return content.strip().removesuffix(END.strip()).strip(), _split(footer, END)[0].strip()


def _apart(feet: Sequence[str]) -> list[list[str]]:
    """Give the lines at the foot of each part that do not stand at the foot of one before."""
    written: set[str] = set()
    own: list[list[str]] = []
    for foot in feet:
        lines = [line for line in foot.splitlines() if line.strip() and line not in written]
        written.update(lines)
        own.append(lines)
    return own


def _split(text: str, mark: str) -> tuple[str, str]:
    """Split at the first mark; raises `ValueError` for a mail that is not laid out like the others."""
    before, separator, after = text.partition(mark)
    if not separator:
        raise ValueError(f"no {mark!r} in a mail")
    return before, after


def _once(items: Iterable[str]) -> Iterator[str]:
    return iter(dict.fromkeys(item for item in items if item.strip()))
