"""Other ways than mail to the same people: what an operator named in `LOA_CHANNELS` is reached through Apprise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.notifier.application.ports import MailTransport, Outgoing
from shared.kernel.errors import PermanentError, TransientError

PREFIX = "channel:"  # a recipient's address that begins so is the name of a channel


@dataclass(frozen=True, slots=True)
class ChannelTransport:
    """Hands what is addressed to a channel to Apprise (extra `channels`), everything else to the mail transport.

    `channels` gives an Apprise URL by name: it is a secret of the operator's and stands in no table.
    """

    mail: MailTransport
    channels: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        return self.mail.is_local and not self.channels

    async def close(self) -> None:
        await self.mail.close()

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        if not outgoing.to.startswith(PREFIX):
            return await self.mail.deliver(outgoing)
        name = outgoing.to.removeprefix(PREFIX)
        if name not in self.channels:
            raise PermanentError("channel_unknown", f"LOA_CHANNELS names no channel {name!r}")
        if not await _notify(self.channels[name], outgoing):
            raise TransientError(f"the channel {name!r} did not take it")
        return {"channel": name}


async def _notify(url: str, outgoing: Outgoing) -> bool:
    import apprise  # noqa: PLC0415  heavy, and installed only where channels are wanted

    channel = apprise.Apprise()
    if not channel.add(url):
        raise PermanentError("channel_url", "Apprise does not know this kind of address")
    return bool(await channel.async_notify(title=outgoing.mail.subject, body=outgoing.mail.text))
