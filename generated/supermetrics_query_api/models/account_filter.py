from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="AccountFilter")


@_attrs_define(kw_only=True)
class AccountFilter:
    """Selects accounts by regular expressions (PCRE) that match their ids and names."""

    filter_id: str | Unset = UNSET
    """ A regular expression that account ids match. """
    filter_name: str | Unset = UNSET
    """ A regular expression that account names match. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        filter_id = self.filter_id

        filter_name = self.filter_name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if filter_id is not UNSET:
            field_dict["filter_id"] = filter_id
        if filter_name is not UNSET:
            field_dict["filter_name"] = filter_name

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        filter_id = d.pop("filter_id", UNSET)

        filter_name = d.pop("filter_name", UNSET)

        account_filter = cls(
            filter_id=filter_id,
            filter_name=filter_name,
        )

        account_filter.additional_properties = d
        return account_filter

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
