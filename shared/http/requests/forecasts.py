"""An answer about a day to come is a forecast from the data recorded so far, and is marked as one."""

from datetime import date
from typing import TypeVar

from pydantic import BaseModel, Field

D = TypeVar("D", bound="Dated")


class Dated(BaseModel):
    """An answer as of a day."""

    as_of: date
    forecast: bool = Field(
        default=False, description="`as_of` lies after today: what follows if nothing more is recorded"
    )


def marked(view: D, today: date) -> D:
    """Mark an answer as a forecast if its day lies after `today`, the present day in Vietnam."""
    return view.model_copy(update={"forecast": view.as_of > today})
