from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status_code import StatusCode
from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryHistoryRequest")


@_attrs_define(kw_only=True)
class QueryHistoryRequest:
    """Which queries to list. Each member is a filter."""

    ds_ids: list[str] | str | Unset = UNSET
    """ Data sources, as one string or a list. """
    status_codes: list[StatusCode] | Unset = UNSET
    """ The status codes to include. The API includes all if it is absent. """
    since: str | Unset = UNSET
    """ Start of the period, as a date and time, a date, or a lower-case word. The API uses 24 hours ago if it is
    absent, and searches at most 90 days back.
     """
    until: str | Unset = UNSET
    """ End of the period, in the same formats. The API uses the current time if it is absent. """
    offset: int | Unset = UNSET
    """ First entry to return, counted from 0. The API uses 0 if it is absent. """
    limit: int | Unset = UNSET
    """ How many entries to return. The API uses 100 if it is absent. """
    api_key: str | Unset = _attrs_field(default=UNSET, repr=False)
    """ API key when not using an authorization header. Deprecated by the authors of this document, not by the API:
    use
    the header, because URLs and bodies are logged, stored and passed on.
     """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ds_ids: list[str] | str | Unset
        if isinstance(self.ds_ids, Unset):
            ds_ids = UNSET
        elif isinstance(self.ds_ids, list):
            ds_ids = self.ds_ids

        else:
            ds_ids = self.ds_ids

        status_codes: list[str] | Unset = UNSET
        if not isinstance(self.status_codes, Unset):
            status_codes = []
            for status_codes_item_data in self.status_codes:
                status_codes_item = status_codes_item_data.value
                status_codes.append(status_codes_item)

        since = self.since

        until = self.until

        offset = self.offset

        limit = self.limit

        api_key = self.api_key

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if ds_ids is not UNSET:
            field_dict["ds_ids"] = ds_ids
        if status_codes is not UNSET:
            field_dict["status_codes"] = status_codes
        if since is not UNSET:
            field_dict["since"] = since
        if until is not UNSET:
            field_dict["until"] = until
        if offset is not UNSET:
            field_dict["offset"] = offset
        if limit is not UNSET:
            field_dict["limit"] = limit
        if api_key is not UNSET:
            field_dict["api_key"] = api_key

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_ds_ids(data: object) -> list[str] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ds_ids_type_1 = cast(list[str], data)

                return ds_ids_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | str | Unset, data)

        ds_ids = _parse_ds_ids(d.pop("ds_ids", UNSET))

        _status_codes = d.pop("status_codes", UNSET)
        status_codes: list[StatusCode] | Unset = UNSET
        if _status_codes is not UNSET:
            status_codes = []
            for status_codes_item_data in _status_codes:
                status_codes_item = StatusCode(status_codes_item_data)

                status_codes.append(status_codes_item)

        since = d.pop("since", UNSET)

        until = d.pop("until", UNSET)

        offset = d.pop("offset", UNSET)

        limit = d.pop("limit", UNSET)

        api_key = d.pop("api_key", UNSET)

        query_history_request = cls(
            ds_ids=ds_ids,
            status_codes=status_codes,
            since=since,
            until=until,
            offset=offset,
            limit=limit,
            api_key=api_key,
        )

        query_history_request.additional_properties = d
        return query_history_request

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
