"""`loa streams`: show and apply the differences between the broker's streams and their declaration."""

import asyncio

from deploy.cli import brokers
from deploy.cli.console import out, print_text
from deploy.local.settings import LocalSettings
from shared.eventstore import streams
from shared.kernel.counted import agreeing, counted
from shared.kernel.errors import Text


def show(*, change: bool) -> None:
    """Show how the broker's streams differ from their declaration, and apply it if `change`."""
    differences = asyncio.run(_streams(change=change))
    for difference in differences:
        out.print(
            f"{difference.name}: {difference.setting}: {difference.actual} → {difference.wanted}",
            markup=False,
            soft_wrap=True,
        )
    if not differences:
        print_text(Text("Luồng dữ liệu đúng như khai báo.", "The streams are as declared."))
    elif change:
        print_text(
            Text(
                f"Đã áp dụng {len(differences)} thay đổi.",
                f"{counted(len(differences), 'change')} {agreeing(len(differences), 'was', 'were')} applied.",
            )
        )


async def _streams(*, change: bool) -> list[streams.Difference]:
    replicas = LocalSettings().nats_replicas
    async with brokers.as_operator() as client:
        js = client.jetstream(timeout=10)
        if not change:
            return await streams.plan(js, replicas)
        return await streams.apply(js, replicas, remove_strangers=True)
