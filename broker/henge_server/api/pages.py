"""Pages: how every list is asked for and answered."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

from henge_server.errors import BadRequest

Cursor = Annotated[str | None, Field(description="`next_cursor` of the page before", max_length=100)]
Limit = Annotated[int, Field(ge=1, le=1000, description="Entries on a page")]

_T = TypeVar("_T")


class Page(BaseModel, Generic[_T]):
    """A page of a list; `next_cursor` asks for the next one, null where there is none."""

    items: list[_T]
    next_cursor: str | None


def number_before(cursor: str | None) -> int | None:
    """The number that a cursor of a newest-first list stands for. Raises BadRequest."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadRequest(f"{cursor!r} is not a cursor of this list.")
    return int(cursor)
