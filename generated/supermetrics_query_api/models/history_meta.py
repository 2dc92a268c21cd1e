from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="HistoryMeta")


@_attrs_define(kw_only=True)
class HistoryMeta:
    """The metadata of the list."""

    request_id: str | Unset = UNSET
    """ Identifies this request in the logs of the API. """
    filter_: HistoryFilter | None | Unset = UNSET
    """ The period that was searched. """
    paginate: HistoryPaginate | None | Unset = UNSET
    """ The position of this page in the list. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.history_filter import HistoryFilter  # noqa: PLC0415
        from ..models.history_paginate import HistoryPaginate  # noqa: PLC0415

        request_id = self.request_id

        filter_: dict[str, Any] | None | Unset
        if isinstance(self.filter_, Unset):
            filter_ = UNSET
        elif isinstance(self.filter_, HistoryFilter):
            filter_ = self.filter_.to_dict()
        else:
            filter_ = self.filter_

        paginate: dict[str, Any] | None | Unset
        if isinstance(self.paginate, Unset):
            paginate = UNSET
        elif isinstance(self.paginate, HistoryPaginate):
            paginate = self.paginate.to_dict()
        else:
            paginate = self.paginate

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if request_id is not UNSET:
            field_dict["request_id"] = request_id
        if filter_ is not UNSET:
            field_dict["filter"] = filter_
        if paginate is not UNSET:
            field_dict["paginate"] = paginate

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.history_filter import HistoryFilter  # noqa: PLC0415
        from ..models.history_paginate import HistoryPaginate  # noqa: PLC0415

        d = dict(src_dict)
        request_id = d.pop("request_id", UNSET)

        def _parse_filter_(data: object) -> HistoryFilter | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filter_type_0 = HistoryFilter.from_dict(data)

                return filter_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HistoryFilter | None | Unset, data)

        filter_ = _parse_filter_(d.pop("filter", UNSET))

        def _parse_paginate(data: object) -> HistoryPaginate | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                paginate_type_0 = HistoryPaginate.from_dict(data)

                return paginate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HistoryPaginate | None | Unset, data)

        paginate = _parse_paginate(d.pop("paginate", UNSET))

        history_meta = cls(
            request_id=request_id,
            filter_=filter_,
            paginate=paginate,
        )

        history_meta.additional_properties = d
        return history_meta

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
from ..models.history_filter import HistoryFilter
from ..models.history_paginate import HistoryPaginate
