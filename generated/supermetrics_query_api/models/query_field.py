from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryField")


@_attrs_define(kw_only=True)
class QueryField:
    """One field of the result, and the column of its values."""

    id: str | Unset = UNSET
    """ The field as it was requested. """
    field_id: str | Unset = UNSET
    """ The name the API uses for the field. """
    field_name: str | Unset = UNSET
    """ The display name, as in the header row. """
    field_type: str | Unset = UNSET
    """ `dim` for a dimension, `met` for a metric. """
    field_split: str | Unset = UNSET
    """ `row`, or `column` for a field whose values are split into columns. """
    data_type: str | Unset = UNSET
    """ The type of the values, for example `string.time.date`. """
    data_column: int | None | Unset = UNSET
    """ The index of the value in each row, counted from 0. """
    visible: bool | Unset = UNSET
    """ Whether the field is shown. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        field_id = self.field_id

        field_name = self.field_name

        field_type = self.field_type

        field_split = self.field_split

        data_type = self.data_type

        data_column: int | None | Unset
        if isinstance(self.data_column, Unset):
            data_column = UNSET
        else:
            data_column = self.data_column

        visible = self.visible

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if field_id is not UNSET:
            field_dict["field_id"] = field_id
        if field_name is not UNSET:
            field_dict["field_name"] = field_name
        if field_type is not UNSET:
            field_dict["field_type"] = field_type
        if field_split is not UNSET:
            field_dict["field_split"] = field_split
        if data_type is not UNSET:
            field_dict["data_type"] = data_type
        if data_column is not UNSET:
            field_dict["data_column"] = data_column
        if visible is not UNSET:
            field_dict["visible"] = visible

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id", UNSET)

        field_id = d.pop("field_id", UNSET)

        field_name = d.pop("field_name", UNSET)

        field_type = d.pop("field_type", UNSET)

        field_split = d.pop("field_split", UNSET)

        data_type = d.pop("data_type", UNSET)

        def _parse_data_column(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        data_column = _parse_data_column(d.pop("data_column", UNSET))

        visible = d.pop("visible", UNSET)

        query_field = cls(
            id=id,
            field_id=field_id,
            field_name=field_name,
            field_type=field_type,
            field_split=field_split,
            data_type=data_type,
            data_column=data_column,
            visible=visible,
        )

        query_field.additional_properties = d
        return query_field

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
