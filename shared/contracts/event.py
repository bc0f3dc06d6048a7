"""What every event is: a frozen fact with a context, a name in the past tense and a version."""

import re
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints

TYPE_PREFIX = "vn.loa"

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9._-]{1,63}$")]


class Event(BaseModel):
    """A recorded fact.

    The wire name is `vn.loa.<context>.<name>.v<version>`; the name follows from the class name.
    Readers ignore fields that they don't know; fields are only ever added (contract of the log).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

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
    def type_name(cls) -> str:
        return f"{TYPE_PREFIX}.{cls.context}.{cls.name}.v{cls.version}"


class Unknown(BaseModel):
    """An event of a type that this release doesn't know: counted, kept in order, never interpreted."""

    model_config = ConfigDict(frozen=True)

    type: str
    data: dict[str, Any]


def data_of(event: Event) -> str:
    """Write the data of an event as JSON: a field without a value is left out, unless the schema requires it."""
    if not _nullable(type(event)):
        return event.model_dump_json(exclude_none=True)
    fields = type(event).model_fields.items()
    absent = {name for name, field in fields if not field.is_required() and getattr(event, name) is None}
    return event.model_dump_json(exclude=absent)


@cache
def _nullable(model: type[Event]) -> bool:
    """Tell whether a mandatory field of an event may be null."""
    fields = model.model_fields.values()
    return any(field.is_required() and NoneType in get_args(field.annotation) for field in fields)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
