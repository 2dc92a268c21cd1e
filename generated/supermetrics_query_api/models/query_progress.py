from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryProgress")


@_attrs_define(kw_only=True)
class QueryProgress:
    """The API splits a query into parts. This says how many are ready. The total can grow."""

    queries_ready: int | Unset = UNSET
    """ How many parts have been performed. """
    queries_total: int | Unset = UNSET
    """ How many parts have been scheduled. It can grow while the query runs. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        queries_ready = self.queries_ready

        queries_total = self.queries_total

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if queries_ready is not UNSET:
            field_dict["queries_ready"] = queries_ready
        if queries_total is not UNSET:
            field_dict["queries_total"] = queries_total

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        queries_ready = d.pop("queries_ready", UNSET)

        queries_total = d.pop("queries_total", UNSET)

        query_progress = cls(
            queries_ready=queries_ready,
            queries_total=queries_total,
        )

        query_progress.additional_properties = d
        return query_progress

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
