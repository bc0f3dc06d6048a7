"""What every event has: its class, the ids that follow from a natural key, its dataset, who acts, and the decider that appends it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, reduce
from types import MappingProxyType, NoneType
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.fields import FieldInfo

from shared.contracts.vocabulary import Dataset
from shared.kernel.errors import Text

TYPE_PREFIX = "vn.loa"
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9._-]{1,63}$")]


class Event(BaseModel):
    """A recorded fact.

    The wire name is `vn.loa.<context>.<name>.v<version>`; the name follows from the class name.
    Readers ignore fields that they don't know; fields are only ever added (contract of the log).
    What pydantic checks the fields of a type by is built at its first event: no service meets all types.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    context: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1

    def __init_subclass__(cls, *, context: str | None = None, version: int = 1, **_: Any) -> None:
        if context is None:  # an abstract base such as the shared fields of two events
            return
        cls.context = context
        cls.name = _snake(cls.__name__.removeprefix(context.capitalize()))
        cls.version = version

    @classmethod
    def of(cls, source: object, **more: Any) -> Self:
        """Make an event of what has fields of the same names (a command), and of what it doesn't have.

        An empty mapping says nothing: where the field's default is None, it is None.
        """
        taken = {name: getattr(source, name) for name in cls.model_fields if hasattr(source, name)}
        absent = {name for name in taken if taken[name] == {} and cls.model_fields[name].default is None}
        return cls(**{name: value for name, value in taken.items() if name not in absent} | more)

    @classmethod
    @cache
    def absent_as_none(cls) -> Mapping[str, None]:
        """Give the mandatory fields that may be None: earlier releases left them out of the log then."""
        fields = cls.model_fields.items()
        return {name: None for name, field in fields if field.is_required() and _may_be_none(field)}

    def wire(self) -> bytes:
        """Give the data as JSON: a field without a value is left out, unless readers depend on it."""
        if all(getattr(self, name) is not None for name in self.absent_as_none()):
            return self.model_dump_json(exclude_none=True).encode()
        return orjson.dumps({**self.absent_as_none(), **self.model_dump(mode="json", exclude_none=True)})

    @classmethod
    @cache
    def type_name(cls) -> str:
        return f"{TYPE_PREFIX}.{cls.context}.{cls.name}.v{cls.version}"


class Unknown(BaseModel):
    """An event of a type that this release doesn't know: counted, kept in order, never interpreted."""

    model_config = ConfigDict(frozen=True)

    type: str
    data: dict[str, Any]


def _may_be_none(field: FieldInfo) -> bool:
    return NoneType in get_args(field.annotation)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


LOA_NAMESPACE = uuid5(NAMESPACE_URL, "urn:loa")
REMEMBERED = 8192  # ids of each kind: the same one is asked for again and again while rows of it come in


@lru_cache(REMEMBERED)
def unit_id(code: str) -> UUID:
    return uuid5(LOA_NAMESPACE, f"unit:{code}")


@lru_cache(REMEMBERED)
def draft_id(draft_code: str) -> UUID:
    return uuid5(LOA_NAMESPACE, f"draft:{draft_code}")


def communication_id(  # the natural key of the contract, part by part
    draft_code: str,
    held_on: date,
    precision: str,
    channel: str,
    title: str,
    policies: Iterable[int],
    unit_code: str | None = None,
) -> UUID:
    """Identify a communication that came from a file: `held_on` is the first day of what is known.

    `unit_code` is a performing unit other than the lead unit of the draft on that day: two communes' broadcasts of one
    day are two communications.
    """
    numbers = ";".join(str(number) for number in sorted(policies))
    performed = f":{unit_code}" if unit_code else ""
    return uuid5(
        LOA_NAMESPACE,
        f"communication:{draft_code}:{held_on.isoformat()}:{precision}:{channel}:{title}:{numbers}{performed}",
    )


def is_derived(number: UUID) -> bool:
    """Tell whether an id is one that follows from a natural key (UUIDv5), and not a drawn one."""
    return number.version == uuid5(LOA_NAMESPACE, "").version


def posting_id(draft_code: str, stage: str, opened_on: date) -> UUID:
    return uuid5(LOA_NAMESPACE, f"posting:{draft_code}:{stage}:{opened_on.isoformat()}")


def exemption_id(
    stages: Iterable[str], document: str, authority: str | None, decided_on: date | None
) -> UUID:
    """Identify an exemption of a draft by what it says: the same one is recorded once."""
    content = f"{';'.join(sorted(stages))}:{document}:{authority or ''}:{decided_on.isoformat() if decided_on else ''}"
    return uuid5(LOA_NAMESPACE, f"exemption:{content}")


def activity_id(draft_code: str, planned_on: date, precision: str, *distinguishing: str | None) -> UUID:
    """Identify a planned activity that came from a file; `distinguishing` are its stage, channel and title."""
    words = ":".join(part or "" for part in distinguishing)
    return uuid5(LOA_NAMESPACE, f"activity:{draft_code}:{planned_on.isoformat()}:{precision}:{words}")


def evidence_id(communication: UUID, url: str | None, sha256: str | None) -> UUID:
    return uuid5(LOA_NAMESPACE, f"evidence:{communication}:{url or ''}:{sha256 or ''}")


def programme_id(unit_code: str, year: int) -> UUID:
    return uuid5(LOA_NAMESPACE, f"programme:{unit_code}:{year}")


def entry_id(unit_code: str, year: int, kind: str, name: str, day: date | None) -> UUID:
    """Identify an entry of a programme: `name` is its reference, else its document, else its title (contract)."""
    return uuid5(LOA_NAMESPACE, f"entry:{unit_code}:{year}:{kind}:{name}:{day.isoformat() if day else ''}")


def programme_entry_id(unit_code: str, year: int, kind: str, *distinguishing: object) -> UUID:
    """Identify an entry as release 0.1.0 did: `distinguishing` is what tells it from others in a file."""
    words = ":".join("" if part is None else str(part) for part in distinguishing)
    return uuid5(LOA_NAMESPACE, f"programme-entry:{unit_code}:{year}:{kind}:{words}")


@lru_cache(REMEMBERED)
def alert_id(gap_id: UUID, unit_code: str) -> UUID:
    return uuid5(LOA_NAMESPACE, f"alert:{gap_id}:{unit_code}")


def event_id(aggregate_id: UUID, idempotency_key: str, index: int, subject: str = "") -> UUID:
    """Derive an event's id from the command's idempotency key, so that a retry writes the same event.

    The aggregate is part of the name: one key used on two aggregates must not look like one event to
    the broker's duplicate window, which would drop the second in silence. So is the `subject` of the token:
    a key is a client's own. Without a subject the id is that of releases up to 0.1.0.
    """
    key = f"{subject}:{idempotency_key}" if subject else idempotency_key
    return uuid5(LOA_NAMESPACE, f"{aggregate_id}:{key}:{index}")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The CloudEvents extensions `draftcode`, `unitcode` and `dataset`.

    `unit_code` is the lead unit of the draft on the day of recording; of an event that is about no draft, the unit
    itself. `dataset` is a value of `Dataset`, or one that a later release added.
    """

    draft_code: str | None = None
    unit_code: str | None = None
    dataset: str | None = None


NOTHING = About()
ABOUT_DRAFTS = frozenset({"draft", "plan", "communication", "compliance", "alert"})
"""The contexts whose every event is about a draft and bears all three."""
BANNERS: Mapping[Dataset, Text] = MappingProxyType(
    {
        Dataset.SAMPLE: Text(
            "Dữ liệu mẫu, tổng hợp không đầy đủ từ nguồn công khai, chỉ để minh họa; "
            "không phải là đánh giá về bất kỳ cơ quan nào.",
            "Sample data, incomplete, compiled from public sources for illustration; "
            "not an assessment of any body.",
        ),
        Dataset.EXERCISE: Text(
            "Dữ liệu thực tập, hoàn toàn hư cấu; đơn vị, dự thảo và số liệu không có thật.",
            "Exercise data, entirely fictitious; the units, drafts and figures are not real.",
        ),
    }
)


def banners(datasets: Iterable[Dataset]) -> list[Text]:
    """Give each sentence that the data at hand call for once; none for live data."""
    present = set(datasets)
    return [text for dataset, text in BANNERS.items() if dataset in present]


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom a command is given: a unit by its code, some units, or everybody.

    `supervises`: an operator, or the system itself, for every unit and for what belongs to no unit. `units`: those for
    which the action is allowed (`shared.rules.rights`); None is the unit itself alone. `everywhere`: reading for all units.
    `decides`: as who supervises them, not as who owes the duty. An official whom no unit is known of acts for none.
    `carries_on`: former units whose work is the unit's own now.
    """

    unit_code: str | None = None
    supervises: bool = False
    units: frozenset[str] | None = None
    everywhere: bool = False
    decides: bool = False
    carries_on: frozenset[str] = frozenset()

    def may_act_for(self, unit_code: str) -> bool:
        if self.supervises or self.everywhere:
            return True
        return self.unit_code == unit_code if self.units is None else unit_code in self.units

    def may_decide_for(self, unit_code: str) -> bool:
        """Tell whether who gives the command supervises a unit; nobody supervises itself but who runs the system."""
        return self.supervises or (
            self.decides
            and unit_code not in {self.unit_code, *self.carries_on}
            and self.may_act_for(unit_code)
        )

    @property
    def limit(self) -> frozenset[str] | None:
        """Give the only units of which something may be listed; None: all, and what belongs to no unit."""
        if self.supervises or self.everywhere:
            return None
        return self.units if self.units is not None else frozenset(filter(None, [self.unit_code]))


SUPERVISION = Acting(supervises=True)
S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C, E]):
    """`decide` raises a `Refusal` or returns events; `evolve` never raises.

    `evolve_with_id` folds an event of the log with its id, for states that refer to events by it; without it, and for events
    that are not recorded yet, `evolve` does.
    `about` gives what the envelope says of the aggregate's draft or unit on a day (Asia/Ho_Chi_Minh). It is None for
    aggregates that don't know that themselves: then the caller puts it into the metadata. `keyed`: its commands carry the id
    of what they record, so what yields events was never recorded. `supersedes`: the events after which something that
    was recorded before does not hold any more; none named: any.
    """

    context: str
    initial: S
    decide: Callable[[S, C], Sequence[E]]
    evolve: Callable[[S, E], S]
    about: Callable[[S, date], About | None] | None = None
    keyed: bool = False
    supersedes: tuple[type[Event], ...] = ()
    evolve_with_id: Callable[[S, E, UUID], S] | None = None

    def evolve_recorded(self, state: S, event: E, event_id: UUID) -> S:
        if self.evolve_with_id is not None:
            return self.evolve_with_id(state, event, event_id)
        return self.evolve(state, event)

    def fold(self, events: Iterable[E]) -> S:
        return reduce(self.evolve, events, self.initial)


AnyEvent = TypeVar("AnyEvent", bound=Event)


def without_notes(event: AnyEvent) -> AnyEvent:
    """Leave the notes out of an event that may bear any."""
    return event.model_copy(update={"notes": None}) if "notes" in type(event).model_fields else event
