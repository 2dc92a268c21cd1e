from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryStatusRequest")


@_attrs_define(kw_only=True)
class QueryStatusRequest:
    """Which query to poll, and which of its rows to return once it has succeeded."""

    schedule_id: str
    """ The id of one run of one query. The caller chooses it, or the API derives it from the other parameters. """
    offset_start: int | Unset = UNSET
    """ First row to return, counted from 0. The API uses 0 if it is absent. """
    offset_end: int | Unset = UNSET
    """ Last row to return, inclusive. The API returns all following rows if it is absent. """
    api_key: str | Unset = _attrs_field(default=UNSET, repr=False)
    """ API key when not using an authorization header. Deprecated by the authors of this document, not by the API:
    use
    the header, because URLs and bodies are logged, stored and passed on.
     """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        schedule_id = self.schedule_id

        offset_start = self.offset_start

        offset_end = self.offset_end

        api_key = self.api_key

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "schedule_id": schedule_id,
            }
        )
        if offset_start is not UNSET:
            field_dict["offset_start"] = offset_start
        if offset_end is not UNSET:
            field_dict["offset_end"] = offset_end
        if api_key is not UNSET:
            field_dict["api_key"] = api_key

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        schedule_id = d.pop("schedule_id")

        offset_start = d.pop("offset_start", UNSET)

        offset_end = d.pop("offset_end", UNSET)

        api_key = d.pop("api_key", UNSET)

        query_status_request = cls(
            schedule_id=schedule_id,
            offset_start=offset_start,
            offset_end=offset_end,
            api_key=api_key,
        )

        query_status_request.additional_properties = d
        return query_status_request

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
