from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryWorkflow")


@_attrs_define(kw_only=True)
class QueryWorkflow:
    """The queue of the licence at the time of this poll."""

    tasks_scheduled: int | Unset = UNSET
    """ How many tasks are scheduled in the queue of the licence. """
    tasks_running: int | Unset = UNSET
    """ How many tasks in the queue of the licence are running. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        tasks_scheduled = self.tasks_scheduled

        tasks_running = self.tasks_running

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if tasks_scheduled is not UNSET:
            field_dict["tasks_scheduled"] = tasks_scheduled
        if tasks_running is not UNSET:
            field_dict["tasks_running"] = tasks_running

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        tasks_scheduled = d.pop("tasks_scheduled", UNSET)

        tasks_running = d.pop("tasks_running", UNSET)

        query_workflow = cls(
            tasks_scheduled=tasks_scheduled,
            tasks_running=tasks_running,
        )

        query_workflow.additional_properties = d
        return query_workflow

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
