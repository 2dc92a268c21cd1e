"""Columns and rows of a result. Cells are never converted, rows never dropped or doubled without a rule.

Columns are placed by `meta.query.fields[].data_column`, never by label or by the order of the request. Row 0 is the
header unless the query says `no_headers`. Columns that no field names, such as those made by a split, take the label of
the header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from supermetrics_query_api import models

from .._models import Column, Row

MOST_COLUMNS = 1001  # `data_column` in the contract goes to 1000


@frozen
class Layout:
    """How the rows of a result are to be read: its columns, and its header row if it has one."""

    columns: tuple[Column, ...]
    header: Row | None

    def rows(self, data: Sequence[Any]) -> Sequence[Row]:
        """Return the rows of a page as tuples of one width, without a header; raise ValueError for a longer row."""
        rows = data[1:] if data and self.header is not None and self.is_header(data[0]) else data
        if are_tuples(rows) and set(map(len, rows)) == {len(self.columns)}:
            return rows
        return [self.fitted(row) for row in rows]

    def is_header(self, row: object) -> bool:
        """Return whether a row repeats the header, which some pages do."""
        return isinstance(row, Sequence) and tuple(row) == self.header

    def fitted(self, row: Any) -> Row:
        """Return any row as a tuple, with None for cells at its end that are not there."""
        if isinstance(row, Mapping):
            return tuple(row.get(column.key) for column in self.columns)
        cells = tuple(row) if isinstance(row, list | tuple) else (row,)
        missing = len(self.columns) - len(cells)
        if missing < 0:
            raise ValueError(f"{len(cells)} cells where there are {len(self.columns)} columns: {row!r:.200}")
        return cells + (None,) * missing


NO_LAYOUT = Layout((), None)


def layout_of(response: models.QueryResponse) -> Layout:
    """Return how the rows are laid out, by the answer that holds the first of them."""
    data = data_of(response)
    query = query_of(response)
    header = tuple(data[0]) if data and isinstance(data[0], list | tuple) and has_header(query) else None
    fields = fields_by_column(query)
    labels = labels_of(data, header, fields)
    columns = (column_of(index, label, fields.get(index)) for index, label in enumerate(labels))
    return Layout(tuple(numbered(columns)), header)


def data_of(response: models.QueryResponse) -> list[Any]:
    """Return the rows as they came, header and all."""
    return response.data if isinstance(response.data, list) else []


def total_of(response: models.QueryResponse) -> int | None:
    """Return how many rows the API says the result has."""
    result = response.meta.result if isinstance(response.meta, models.QueryMeta) else None
    total = result.total_rows if isinstance(result, models.QueryResult) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def field_ids(response: models.QueryResponse) -> dict[int, str]:
    """Return the id of the field that fills each column, where the answer names it."""
    fields = fields_by_column(query_of(response))
    return {index: text(each.id) or text(each.field_id) or "" for index, each in fields.items()}


def query_of(response: models.QueryResponse) -> models.QueryDetails | None:
    """Return the query as the API understood it, where the answer has it."""
    query = response.meta.query if isinstance(response.meta, models.QueryMeta) else None
    return query if isinstance(query, models.QueryDetails) else None


def has_header(query: models.QueryDetails | None) -> bool:
    """Return whether row 0 holds labels."""
    settings = query.settings if query else None
    return not (isinstance(settings, models.QuerySettings) and settings.additional_properties.get("no_headers"))


def fields_by_column(query: models.QueryDetails | None) -> dict[int, models.QueryField]:
    """Return the field that fills each column. A split turns one metric into many columns, which it cannot name."""
    fields = query.fields if query and isinstance(query.fields, list) else []
    is_split = any(each.field_split == "column" for each in fields)
    return {
        each.data_column: each
        for each in reversed(fields)
        if isinstance(each.data_column, int)
        and 0 <= each.data_column < MOST_COLUMNS
        and not (is_split and each.field_type != "dim")
    }


def are_tuples(data: Sequence[Any]) -> bool:
    """Return whether rows are tuples; they are decoded so all or none."""
    return bool(data) and type(data[0]) is tuple


def labels_of(data: Sequence[Any], header: Row | None, fields: Mapping[int, models.QueryField]) -> list[Any]:
    """Return a label for each column, None where there is none."""
    if data and isinstance(data[0], Mapping):
        return list(dict.fromkeys(key for row in data if isinstance(row, Mapping) for key in row))
    sequences = data if are_tuples(data) else [row for row in data if isinstance(row, list | tuple)]
    width = max(max(map(len, sequences), default=0), *(index + 1 for index in fields), 0)
    return [*(header or ()), *[None] * (width - len(header or ()))]


def column_of(index: int, label: Any, field: models.QueryField | None) -> Column:
    """Return a column, named by its field, else by its label, else by its number."""
    fallback = str(label) if label not in (None, "") else f"column_{index + 1}"
    if field is None:
        return Column(key=fallback, index=index, name=text(label))
    key = text(field.id) or text(field.field_id) or fallback
    return Column(
        key=key,
        index=index,
        field_id=text(field.field_id),
        name=text(field.field_name) or text(label),
        data_type=text(field.data_type),
    )


def text(value: object) -> str | None:
    """Return a member if it is text with something in it."""
    return value or None if isinstance(value, str) else None


def numbered(columns: Iterable[Column]) -> Iterator[Column]:
    """Yield the columns with a number on keys that occur again, so that no column hides another."""
    taken: set[str] = set()
    for column in columns:
        key, number = column.key, 1
        while key in taken:
            number += 1
            key = f"{column.key}_{number}"
        taken.add(key)
        yield evolve(column, key=key)
