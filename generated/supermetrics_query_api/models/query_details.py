from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryDetails")


@_attrs_define(kw_only=True)
class QueryDetails:
    """The query as the API interpreted it."""

    start_date: None | str | Unset = UNSET
    """ First day, as a date. """
    end_date: None | str | Unset = UNSET
    """ Last day, as a date. """
    compare_type: None | str | Unset = UNSET
    """ What the result is compared with; `none` if nothing. """
    compare_show: None | str | Unset = UNSET
    """ How the comparison is shown. """
    compare_start_date: None | str | Unset = UNSET
    """ First day of the comparison, as a date; null if nothing is compared. """
    compare_end_date: None | str | Unset = UNSET
    """ Last day of the comparison, as a date; null if nothing is compared. """
    ds_accounts: list[str] | Unset = UNSET
    """ The ids of the accounts. """
    ds_segments: list[str] | Unset = UNSET
    """ The ids of the segments. """
    fields: list[QueryField] | Unset = UNSET
    """ The fields, each with the column of its values. """
    settings: list[Any] | None | QuerySettings | Unset = UNSET
    """ The options of the data source and of the output, as requested. """
    cache_minutes: int | None | Unset = UNSET
    """ The maximum age of cached data that was requested, in minutes. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.query_settings import QuerySettings  # noqa: PLC0415

        start_date: None | str | Unset
        if isinstance(self.start_date, Unset):
            start_date = UNSET
        else:
            start_date = self.start_date

        end_date: None | str | Unset
        if isinstance(self.end_date, Unset):
            end_date = UNSET
        else:
            end_date = self.end_date

        compare_type: None | str | Unset
        if isinstance(self.compare_type, Unset):
            compare_type = UNSET
        else:
            compare_type = self.compare_type

        compare_show: None | str | Unset
        if isinstance(self.compare_show, Unset):
            compare_show = UNSET
        else:
            compare_show = self.compare_show

        compare_start_date: None | str | Unset
        if isinstance(self.compare_start_date, Unset):
            compare_start_date = UNSET
        else:
            compare_start_date = self.compare_start_date

        compare_end_date: None | str | Unset
        if isinstance(self.compare_end_date, Unset):
            compare_end_date = UNSET
        else:
            compare_end_date = self.compare_end_date

        ds_accounts: list[str] | Unset = UNSET
        if not isinstance(self.ds_accounts, Unset):
            ds_accounts = self.ds_accounts

        ds_segments: list[str] | Unset = UNSET
        if not isinstance(self.ds_segments, Unset):
            ds_segments = self.ds_segments

        fields: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.fields, Unset):
            fields = []
            for fields_item_data in self.fields:
                fields_item = fields_item_data.to_dict()
                fields.append(fields_item)

        settings: dict[str, Any] | list[Any] | None | Unset
        if isinstance(self.settings, Unset):
            settings = UNSET
        elif isinstance(self.settings, QuerySettings):
            settings = self.settings.to_dict()
        elif isinstance(self.settings, list):
            settings = self.settings

        else:
            settings = self.settings

        cache_minutes: int | None | Unset
        if isinstance(self.cache_minutes, Unset):
            cache_minutes = UNSET
        else:
            cache_minutes = self.cache_minutes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if start_date is not UNSET:
            field_dict["start_date"] = start_date
        if end_date is not UNSET:
            field_dict["end_date"] = end_date
        if compare_type is not UNSET:
            field_dict["compare_type"] = compare_type
        if compare_show is not UNSET:
            field_dict["compare_show"] = compare_show
        if compare_start_date is not UNSET:
            field_dict["compare_start_date"] = compare_start_date
        if compare_end_date is not UNSET:
            field_dict["compare_end_date"] = compare_end_date
        if ds_accounts is not UNSET:
            field_dict["ds_accounts"] = ds_accounts
        if ds_segments is not UNSET:
            field_dict["ds_segments"] = ds_segments
        if fields is not UNSET:
            field_dict["fields"] = fields
        if settings is not UNSET:
            field_dict["settings"] = settings
        if cache_minutes is not UNSET:
            field_dict["cache_minutes"] = cache_minutes

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.query_field import QueryField  # noqa: PLC0415
        from ..models.query_settings import QuerySettings  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_start_date(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        start_date = _parse_start_date(d.pop("start_date", UNSET))

        def _parse_end_date(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        end_date = _parse_end_date(d.pop("end_date", UNSET))

        def _parse_compare_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        compare_type = _parse_compare_type(d.pop("compare_type", UNSET))

        def _parse_compare_show(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        compare_show = _parse_compare_show(d.pop("compare_show", UNSET))

        def _parse_compare_start_date(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        compare_start_date = _parse_compare_start_date(d.pop("compare_start_date", UNSET))

        def _parse_compare_end_date(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        compare_end_date = _parse_compare_end_date(d.pop("compare_end_date", UNSET))

        ds_accounts = cast(list[str], d.pop("ds_accounts", UNSET))

        ds_segments = cast(list[str], d.pop("ds_segments", UNSET))

        _fields = d.pop("fields", UNSET)
        fields: list[QueryField] | Unset = UNSET
        if _fields is not UNSET:
            fields = []
            for fields_item_data in _fields:
                fields_item = QueryField.from_dict(fields_item_data)

                fields.append(fields_item)

        def _parse_settings(data: object) -> list[Any] | None | QuerySettings | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                settings_type_0 = QuerySettings.from_dict(data)

                return settings_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                settings_type_1 = cast(list[Any], data)

                return settings_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Any] | None | QuerySettings | Unset, data)

        settings = _parse_settings(d.pop("settings", UNSET))

        def _parse_cache_minutes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        cache_minutes = _parse_cache_minutes(d.pop("cache_minutes", UNSET))

        query_details = cls(
            start_date=start_date,
            end_date=end_date,
            compare_type=compare_type,
            compare_show=compare_show,
            compare_start_date=compare_start_date,
            compare_end_date=compare_end_date,
            ds_accounts=ds_accounts,
            ds_segments=ds_segments,
            fields=fields,
            settings=settings,
            cache_minutes=cache_minutes,
        )

        query_details.additional_properties = d
        return query_details

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


# At the end, because models name each other: their annotations can be resolved at run time.
from ..models.query_field import QueryField
from ..models.query_settings import QuerySettings
