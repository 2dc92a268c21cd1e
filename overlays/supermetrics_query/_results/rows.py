"""Columns and rows of a result. Cells are never converted, rows never dropped or doubled without a rule.

Columns are placed by `meta.query.fields[].data_column`, never by label or by the order of the request. Row 0 is the
header unless the query says `no_headers`. Columns that no field names, such as those made by a split, take the label of
the header. Rows that are objects are paired by name: by the ids of the fields, or by their titles.

Callers get the columns in the order of `meta.query.fields`, which is that of the request, where these name all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from attrs import evolve, frozen
from supermetrics_query_api import models

from .._models import Column, Row

MOST_COLUMNS = 1001  # `data_column` in the contract goes to 1000


@frozen
class Layout:
    """How the rows of a result are to be read: its columns, and its header row if it has one.

    Rows that are arrays fill the first `width` columns; `places` says which column each key of an object fills. `order`
    is that of the request, where it differs from the one in which the API gives the columns.
    """

    columns: tuple[Column, ...]
    header: Row | None
    width: int = 0
    places: Mapping[str, int] = {}
    order: tuple[int, ...] = ()

    @property
    def ordered_columns(self) -> tuple[Column, ...]:
        """The columns in the order of the request."""
        if not self.order:
            return self.columns
        return tuple(evolve(self.columns[place], index=index) for index, place in enumerate(self.order))

    def ordered(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows whose cells are in the order of the request."""
        return [*map(itemgetter(*self.order), rows)] if self.order else rows

    def rows(self, data: Sequence[Any]) -> Sequence[Row]:
        """Return all entries of a page as tuples of one width; raise ValueError where a cell has no column."""
        if are_tuples(data) and {*map(len, data), self.width} == {len(self.columns)}:
            return data
        return [self.fitted(row) for row in data]

    def fitted(self, row: Any) -> Row:
        """Return any row as a tuple, with None for cells that are not there."""
        if isinstance(row, dict):
            return self.paired(row)
        cells = tuple(row) if isinstance(row, list | tuple) else (row,)
        if len(cells) > self.width:
            raise ValueError(f"{len(cells)} cells where there are {self.width} columns: {row!r:.200}")
        return cells + (None,) * (len(self.columns) - len(cells))

    def paired(self, row: Mapping[str, Any]) -> Row:
        """Return an object as a tuple; a key that names no column, or that of another key, is a ValueError."""
        cells = {self.places.get(key): cell for key, cell in row.items()}
        if None in cells or len(cells) < len(row):
            raise ValueError(f"an object with a key that has no column of its own: {row!r:.200}")
        return tuple(map(cells.get, range(len(self.columns))))


NO_LAYOUT = Layout((), None)


def layout_of(response: models.QueryResponse) -> Layout:
    """Return how the rows are laid out, by the answer that holds the first of them."""
    return layout_under(header_of(response), response)


def layout_under(header: Row | None, response: models.QueryResponse) -> Layout:
    """Return how the rows of an answer are laid out under a header that another answer may hold."""
    data = data_of(response)
    keys = dict.fromkeys(key for row in data if isinstance(row, dict) for key in row)
    fields = fields_by_column(query_of(response))
    if are_objects := bool(keys) and all(isinstance(row, dict) for row in data):
        fields = dict(enumerate(fields[index] for index in sorted(fields)))
    labels = labels_of(data, header, fields)
    columns = [column_of(index, label, fields.get(index)) for index, label in enumerate(labels)]
    width = 0 if are_objects else len(columns)  # which cell of an array would be under which key is not known
    places = places_of(fields, labels, keys)
    for key in [key for key in keys if key not in places]:
        places[key] = len(columns)
        columns.append(column_of(len(columns), key, None))
    padding = (None,) * (len(columns) - len(header or ()))
    titles = None if header is None else header + padding
    return Layout(tuple(numbered(columns)), titles, width, places, order_of(fields, query_of(response), len(columns)))


def order_of(fields: Mapping[int, models.QueryField], query: models.QueryDetails | None, count: int) -> tuple[int, ...]:
    """Return the columns in the order of the request, nothing where they have it or where it does not name all."""
    places = {id(field): index for index, field in fields.items()}
    listed = query.fields if query and isinstance(query.fields, list) else []
    order = tuple(places[id(each)] for each in listed if id(each) in places)
    return order if sorted(order) == [*range(count)] != [*order] else ()


def places_of(fields: Mapping[int, models.QueryField], labels: Sequence[Any], keys: Iterable[str]) -> dict[str, int]:
    """Return the column that each name means. Two columns of one id hold the same, and two of one title do not.

    A name may be the id of one column and the title of another: then that sort of names counts which most keys are of.
    """
    known = sorted(fields.items(), reverse=True)
    sorts = [
        {text(each.id): index for index, each in known},
        {text(each.field_id): index for index, each in known},
        unique([(text(each.field_name), index) for index, each in known]),
        unique([(text(label), index) for index, label in enumerate(labels)]),
    ]
    best = max(sorts, key=lambda names: sum(key in names for key in keys))
    return {name: index for names in (*reversed(sorts), best) for name, index in names.items() if name}


def unique(names: Sequence[tuple[str | None, int]]) -> dict[str | None, int]:
    """Return the columns by their names; a name that occurs twice names nothing."""
    counts = Counter(name for name, _ in names)
    return {name: index for name, index in names if counts[name] == 1}


def data_of(response: models.QueryResponse) -> list[Any]:
    """Return the rows as they came, header and all."""
    return response.data if isinstance(response.data, list) else []


def header_of(response: models.QueryResponse) -> Row | None:
    """Return the first entry where it can be the header, None where it is a row or where there is none."""
    data = data_of(response)
    return tuple(data[0]) if data and isinstance(data[0], list | tuple) and has_header(response) else None


def holds_rows(response: models.QueryResponse) -> bool:
    """Return whether the answer to a success holds rows, or says that there are none."""
    return isinstance(response.data, list) or (not response.data and total_of(response) == 0)


def total_of(response: models.QueryResponse) -> int | None:
    """Return how many rows the API says the result has."""
    result = response.meta.result if isinstance(response.meta, models.QueryMeta) else None
    total = result.total_rows if isinstance(result, models.QueryResult) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def max_rows_of(response: models.QueryResponse) -> int | None:
    """Return the limit of rows that the API says was in force; no document promises that it says so."""
    query = query_of(response)
    limit = query.additional_properties.get("max_rows") if query else None
    return limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else None


def field_ids(response: models.QueryResponse) -> dict[int, str]:
    """Return the id of the field that fills each column, where the answer names it."""
    fields = fields_by_column(query_of(response))
    return {index: text(each.id) or text(each.field_id) or "" for index, each in fields.items()}


def query_of(response: models.QueryResponse) -> models.QueryDetails | None:
    """Return the query as the API understood it, where the answer has it."""
    query = response.meta.query if isinstance(response.meta, models.QueryMeta) else None
    return query if isinstance(query, models.QueryDetails) else None


def has_header(response: models.QueryResponse) -> bool:
    """Return whether row 0 holds labels. A query that does not fit the contract is read as far as it goes."""
    query = response.meta.query if isinstance(response.meta, models.QueryMeta) else None
    settings = query.get("settings") if isinstance(query, Mapping) else getattr(query, "settings", None)
    return not asks_for_no_headers(settings)


def asks_for_no_headers(settings: object) -> bool:
    """Return whether the settings of a query ask for rows without a header; an answer need not repeat them."""
    members = settings.additional_properties if isinstance(settings, models.QuerySettings) else settings
    return isinstance(members, Mapping) and bool(members.get("no_headers"))


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
    """Return a label for each column of an array, None where there is none."""
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
