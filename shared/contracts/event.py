"""What every event is: a frozen fact with a context, a name in the past tense and a version."""

import re
from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, Self, get_args

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.fields import FieldInfo

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
