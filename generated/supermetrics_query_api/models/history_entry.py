from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status_code import StatusCode
from ..types import UNSET, Unset

T = TypeVar("T", bound="HistoryEntry")


@_attrs_define(kw_only=True)
class HistoryEntry:
    """One past query. The API returns more members, whose names are unknown: the data source and, for a query that
    ended with `SUCCESS` or `FAILURE`, the number of rows and the duration in seconds.

    """

    type_: str | Unset = UNSET
    """ The type of the entry, `query_history`. """
    schedule_time: datetime.datetime | str | Unset = UNSET
    """ When the API accepted the query. """
    schedule_id: str | Unset = UNSET
    """ The id of the run. Its status and rows are available for one hour after it has ended. """
    status_code: StatusCode | str | Unset = UNSET
    """ The status of the query. """
    app_id: str | Unset = UNSET
    """ The program that started the query. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        schedule_time: str | Unset
        if isinstance(self.schedule_time, Unset):
            schedule_time = UNSET
        elif isinstance(self.schedule_time, datetime.datetime):
            schedule_time = self.schedule_time.isoformat()
        else:
            schedule_time = self.schedule_time

        schedule_id = self.schedule_id

        status_code: str | Unset
        if isinstance(self.status_code, Unset):
            status_code = UNSET
        elif isinstance(self.status_code, StatusCode):
            status_code = self.status_code.value
        else:
            status_code = self.status_code

        app_id = self.app_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if type_ is not UNSET:
            field_dict["@type"] = type_
        if schedule_time is not UNSET:
            field_dict["schedule_time"] = schedule_time
        if schedule_id is not UNSET:
            field_dict["schedule_id"] = schedule_id
        if status_code is not UNSET:
            field_dict["status_code"] = status_code
        if app_id is not UNSET:
            field_dict["app_id"] = app_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = d.pop("@type", UNSET)

        def _parse_schedule_time(data: object) -> datetime.datetime | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                schedule_time_type_0 = datetime.datetime.fromisoformat(data)

                return schedule_time_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | str | Unset, data)

        schedule_time = _parse_schedule_time(d.pop("schedule_time", UNSET))

        schedule_id = d.pop("schedule_id", UNSET)

        def _parse_status_code(data: object) -> StatusCode | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_code_type_0 = StatusCode(data)

                return status_code_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(StatusCode | str | Unset, data)

        status_code = _parse_status_code(d.pop("status_code", UNSET))

        app_id = d.pop("app_id", UNSET)

        history_entry = cls(
            type_=type_,
            schedule_time=schedule_time,
            schedule_id=schedule_id,
            status_code=status_code,
            app_id=app_id,
        )

        history_entry.additional_properties = d
        return history_entry

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
