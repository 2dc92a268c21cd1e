from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="DataQuery")


@_attrs_define(kw_only=True)
class DataQuery:
    """The query. Only `ds_id` is always required; most data sources also need fields, accounts and a date range.
    Dates are fixed (`2026-11-01`) or relative (`yesterday`).

    """

    ds_id: str
    """ The data source, for example `GAWA` or `FA`. """
    schedule_id: str | Unset = UNSET
    """ The id of one run of one query. The caller chooses it, or the API derives it from the other parameters. """
    ds_accounts: AccountFilter | list[str] | str | Unset = UNSET
    """ Account ids, as one string (comma-separated, or a team list such as `list.all_accounts`), a list, or a
    filter. """
    ds_segments: list[str] | str | Unset = UNSET
    """ Segment ids, as one string or a list. """
    ds_user: str | Unset = UNSET
    """ The login to use; shorthand for a single entry of `ds_users`. """
    ds_users: list[str] | str | Unset = UNSET
    """ The logins that may be used. """
    date_range_type: str | Unset = UNSET
    """ A named range such as `last_month`; `custom` if `start_date` or `end_date` is set. """
    start_date: datetime.date | str | Unset = UNSET
    """ First day, fixed or relative. """
    end_date: datetime.date | str | Unset = UNSET
    """ Last day, fixed or relative. """
    compare_type: str | Unset = UNSET
    """ What to compare with. The API compares nothing if it is absent. """
    compare_show: str | Unset = UNSET
    """ How to show a comparison. The API uses `perc_change` if it is absent. """
    compare_start_date: datetime.date | str | Unset = UNSET
    """ First day to compare with, if `compare_type` is `custom`. """
    compare_end_date: datetime.date | str | Unset = UNSET
    """ Last day to compare with, if `compare_type` is `custom`. """
    fields: list[FieldSelection | str] | str | Unset = UNSET
    """ Field ids, as a comma-separated string, or as a list of ids and of ids with options. """
    settings: Any | QuerySettings | Unset = UNSET
    """ Options of the data source and of the output. Three of them change the rows: `no_headers` omits the header
    row;
    `no_json_keys` and `decode_json_fields` change JSON values.
     """
    filter_: str | Unset = UNSET
    """ A condition on fields, for example `country == FI AND clicks > 10`. """
    order_columns: str | Unset = UNSET
    """ Order of the columns made by fields that are split into columns. """
    order_rows: list[str] | str | Unset = UNSET
    """ Order of the rows, as one string or a list. """
    max_columns: int | Unset = UNSET
    """ The maximum number of columns of the result. """
    max_rows: int | Unset = UNSET
    """ The maximum number of rows of the result. """
    offset_start: int | Unset = UNSET
    """ First row to return, counted from 0. """
    offset_end: int | Unset = UNSET
    """ Last row to return, inclusive. """
    cache_minutes: int | Unset = UNSET
    """ The maximum age of cached data, in minutes. """
    sync_timeout: int | Unset = UNSET
    """ How many seconds the API may wait for the query before it responds. With 0 it responds at once. If it is
    absent, the API waits up to 1800 seconds. A licence may lower the maximum.
     """
    api_key: str | Unset = _attrs_field(default=UNSET, repr=False)
    """ API key when not using an authorization header. Deprecated by the authors of this document, not by the API:
    use
    the header, because URLs and bodies are logged, stored and passed on.
     """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.account_filter import AccountFilter  # noqa: PLC0415
        from ..models.field_selection import FieldSelection  # noqa: PLC0415
        from ..models.query_settings import QuerySettings  # noqa: PLC0415

        ds_id = self.ds_id

        schedule_id = self.schedule_id

        ds_accounts: dict[str, Any] | list[str] | str | Unset
        if isinstance(self.ds_accounts, Unset):
            ds_accounts = UNSET
        elif isinstance(self.ds_accounts, list):
            ds_accounts = self.ds_accounts

        elif isinstance(self.ds_accounts, AccountFilter):
            ds_accounts = self.ds_accounts.to_dict()
        else:
            ds_accounts = self.ds_accounts

        ds_segments: list[str] | str | Unset
        if isinstance(self.ds_segments, Unset):
            ds_segments = UNSET
        elif isinstance(self.ds_segments, list):
            ds_segments = self.ds_segments

        else:
            ds_segments = self.ds_segments

        ds_user = self.ds_user

        ds_users: list[str] | str | Unset
        if isinstance(self.ds_users, Unset):
            ds_users = UNSET
        elif isinstance(self.ds_users, list):
            ds_users = self.ds_users

        else:
            ds_users = self.ds_users

        date_range_type = self.date_range_type

        start_date: str | Unset
        if isinstance(self.start_date, Unset):
            start_date = UNSET
        elif isinstance(self.start_date, datetime.date):
            start_date = self.start_date.isoformat()
        else:
            start_date = self.start_date

        end_date: str | Unset
        if isinstance(self.end_date, Unset):
            end_date = UNSET
        elif isinstance(self.end_date, datetime.date):
            end_date = self.end_date.isoformat()
        else:
            end_date = self.end_date

        compare_type = self.compare_type

        compare_show = self.compare_show

        compare_start_date: str | Unset
        if isinstance(self.compare_start_date, Unset):
            compare_start_date = UNSET
        elif isinstance(self.compare_start_date, datetime.date):
            compare_start_date = self.compare_start_date.isoformat()
        else:
            compare_start_date = self.compare_start_date

        compare_end_date: str | Unset
        if isinstance(self.compare_end_date, Unset):
            compare_end_date = UNSET
        elif isinstance(self.compare_end_date, datetime.date):
            compare_end_date = self.compare_end_date.isoformat()
        else:
            compare_end_date = self.compare_end_date

        fields: list[dict[str, Any] | str] | str | Unset
        if isinstance(self.fields, Unset):
            fields = UNSET
        elif isinstance(self.fields, list):
            fields = []
            for fields_type_1_item_data in self.fields:
                fields_type_1_item: dict[str, Any] | str
                if isinstance(fields_type_1_item_data, FieldSelection):
                    fields_type_1_item = fields_type_1_item_data.to_dict()
                else:
                    fields_type_1_item = fields_type_1_item_data
                fields.append(fields_type_1_item)

        else:
            fields = self.fields

        settings: Any | dict[str, Any] | Unset
        if isinstance(self.settings, Unset):
            settings = UNSET
        elif isinstance(self.settings, QuerySettings):
            settings = self.settings.to_dict()
        else:
            settings = self.settings

        filter_ = self.filter_

        order_columns = self.order_columns

        order_rows: list[str] | str | Unset
        if isinstance(self.order_rows, Unset):
            order_rows = UNSET
        elif isinstance(self.order_rows, list):
            order_rows = self.order_rows

        else:
            order_rows = self.order_rows

        max_columns = self.max_columns

        max_rows = self.max_rows

        offset_start = self.offset_start

        offset_end = self.offset_end

        cache_minutes = self.cache_minutes

        sync_timeout = self.sync_timeout

        api_key = self.api_key

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ds_id": ds_id,
            }
        )
        if schedule_id is not UNSET:
            field_dict["schedule_id"] = schedule_id
        if ds_accounts is not UNSET:
            field_dict["ds_accounts"] = ds_accounts
        if ds_segments is not UNSET:
            field_dict["ds_segments"] = ds_segments
        if ds_user is not UNSET:
            field_dict["ds_user"] = ds_user
        if ds_users is not UNSET:
            field_dict["ds_users"] = ds_users
        if date_range_type is not UNSET:
            field_dict["date_range_type"] = date_range_type
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
        if fields is not UNSET:
            field_dict["fields"] = fields
        if settings is not UNSET:
            field_dict["settings"] = settings
        if filter_ is not UNSET:
            field_dict["filter"] = filter_
        if order_columns is not UNSET:
            field_dict["order_columns"] = order_columns
        if order_rows is not UNSET:
            field_dict["order_rows"] = order_rows
        if max_columns is not UNSET:
            field_dict["max_columns"] = max_columns
        if max_rows is not UNSET:
            field_dict["max_rows"] = max_rows
        if offset_start is not UNSET:
            field_dict["offset_start"] = offset_start
        if offset_end is not UNSET:
            field_dict["offset_end"] = offset_end
        if cache_minutes is not UNSET:
            field_dict["cache_minutes"] = cache_minutes
        if sync_timeout is not UNSET:
            field_dict["sync_timeout"] = sync_timeout
        if api_key is not UNSET:
            field_dict["api_key"] = api_key

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.account_filter import AccountFilter  # noqa: PLC0415
        from ..models.field_selection import FieldSelection  # noqa: PLC0415
        from ..models.query_settings import QuerySettings  # noqa: PLC0415

        d = dict(src_dict)
        ds_id = d.pop("ds_id")

        schedule_id = d.pop("schedule_id", UNSET)

        def _parse_ds_accounts(data: object) -> AccountFilter | list[str] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ds_accounts_type_1 = cast(list[str], data)

                return ds_accounts_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                ds_accounts_type_2 = AccountFilter.from_dict(data)

                return ds_accounts_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AccountFilter | list[str] | str | Unset, data)

        ds_accounts = _parse_ds_accounts(d.pop("ds_accounts", UNSET))

        def _parse_ds_segments(data: object) -> list[str] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ds_segments_type_1 = cast(list[str], data)

                return ds_segments_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | str | Unset, data)

        ds_segments = _parse_ds_segments(d.pop("ds_segments", UNSET))

        ds_user = d.pop("ds_user", UNSET)

        def _parse_ds_users(data: object) -> list[str] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ds_users_type_1 = cast(list[str], data)

                return ds_users_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | str | Unset, data)

        ds_users = _parse_ds_users(d.pop("ds_users", UNSET))

        date_range_type = d.pop("date_range_type", UNSET)

        def _parse_start_date(data: object) -> datetime.date | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                start_date_type_0 = datetime.date.fromisoformat(data)

                return start_date_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | str | Unset, data)

        start_date = _parse_start_date(d.pop("start_date", UNSET))

        def _parse_end_date(data: object) -> datetime.date | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_date_type_0 = datetime.date.fromisoformat(data)

                return end_date_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | str | Unset, data)

        end_date = _parse_end_date(d.pop("end_date", UNSET))

        compare_type = d.pop("compare_type", UNSET)

        compare_show = d.pop("compare_show", UNSET)

        def _parse_compare_start_date(data: object) -> datetime.date | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                compare_start_date_type_0 = datetime.date.fromisoformat(data)

                return compare_start_date_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | str | Unset, data)

        compare_start_date = _parse_compare_start_date(d.pop("compare_start_date", UNSET))

        def _parse_compare_end_date(data: object) -> datetime.date | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                compare_end_date_type_0 = datetime.date.fromisoformat(data)

                return compare_end_date_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | str | Unset, data)

        compare_end_date = _parse_compare_end_date(d.pop("compare_end_date", UNSET))

        def _parse_fields(data: object) -> list[FieldSelection | str] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                fields_type_1 = []
                _fields_type_1 = data
                for fields_type_1_item_data in _fields_type_1:

                    def _parse_fields_type_1_item(data: object) -> FieldSelection | str:
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            fields_type_1_item_type_1 = FieldSelection.from_dict(data)

                            return fields_type_1_item_type_1
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        return cast(FieldSelection | str, data)

                    fields_type_1_item = _parse_fields_type_1_item(fields_type_1_item_data)

                    fields_type_1.append(fields_type_1_item)

                return fields_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[FieldSelection | str] | str | Unset, data)

        fields = _parse_fields(d.pop("fields", UNSET))

        def _parse_settings(data: object) -> Any | QuerySettings | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                settings_type_0 = QuerySettings.from_dict(data)

                return settings_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Any | QuerySettings | Unset, data)

        settings = _parse_settings(d.pop("settings", UNSET))

        filter_ = d.pop("filter", UNSET)

        order_columns = d.pop("order_columns", UNSET)

        def _parse_order_rows(data: object) -> list[str] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                order_rows_type_1 = cast(list[str], data)

                return order_rows_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | str | Unset, data)

        order_rows = _parse_order_rows(d.pop("order_rows", UNSET))

        max_columns = d.pop("max_columns", UNSET)

        max_rows = d.pop("max_rows", UNSET)

        offset_start = d.pop("offset_start", UNSET)

        offset_end = d.pop("offset_end", UNSET)

        cache_minutes = d.pop("cache_minutes", UNSET)

        sync_timeout = d.pop("sync_timeout", UNSET)

        api_key = d.pop("api_key", UNSET)

        data_query = cls(
            ds_id=ds_id,
            schedule_id=schedule_id,
            ds_accounts=ds_accounts,
            ds_segments=ds_segments,
            ds_user=ds_user,
            ds_users=ds_users,
            date_range_type=date_range_type,
            start_date=start_date,
            end_date=end_date,
            compare_type=compare_type,
            compare_show=compare_show,
            compare_start_date=compare_start_date,
            compare_end_date=compare_end_date,
            fields=fields,
            settings=settings,
            filter_=filter_,
            order_columns=order_columns,
            order_rows=order_rows,
            max_columns=max_columns,
            max_rows=max_rows,
            offset_start=offset_start,
            offset_end=offset_end,
            cache_minutes=cache_minutes,
            sync_timeout=sync_timeout,
            api_key=api_key,
        )

        data_query.additional_properties = d
        return data_query

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
from ..models.account_filter import AccountFilter
from ..models.field_selection import FieldSelection
from ..models.query_settings import QuerySettings
