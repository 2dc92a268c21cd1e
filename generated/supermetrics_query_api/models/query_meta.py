from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status_code import StatusCode
from ..types import UNSET, Unset

T = TypeVar("T", bound="QueryMeta")


@_attrs_define(kw_only=True)
class QueryMeta:
    """The metadata of the query. A member that does not apply is absent or null."""

    request_id: str | Unset = UNSET
    """ Identifies this request in the logs of the API. """
    schedule_id: str | Unset = UNSET
    """ The id of the run: the one that was sent, or the one that the API derived. """
    status_code: StatusCode | str | Unset = UNSET
    """ Decides whether the query has ended. """
    progress: None | QueryProgress | Unset = UNSET
    """ How many parts of the query are ready. """
    workflow: None | QueryWorkflow | Unset = UNSET
    """ The queue of the licence, which delays a query that is `QUEUED`. """
    query: None | QueryDetails | Unset = UNSET
    """ The query as the API interpreted it, with the column of each field. """
    result: None | QueryResult | Unset = UNSET
    """ The size of the result, and how it was made. """
    paginate: None | QueryPaginate | Unset = UNSET
    """ Links to the neighbouring pages; do not follow them. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.query_details import QueryDetails  # noqa: PLC0415
        from ..models.query_paginate import QueryPaginate  # noqa: PLC0415
        from ..models.query_progress import QueryProgress  # noqa: PLC0415
        from ..models.query_result import QueryResult  # noqa: PLC0415
        from ..models.query_workflow import QueryWorkflow  # noqa: PLC0415

        request_id = self.request_id

        schedule_id = self.schedule_id

        status_code: str | Unset
        if isinstance(self.status_code, Unset):
            status_code = UNSET
        elif isinstance(self.status_code, StatusCode):
            status_code = self.status_code.value
        else:
            status_code = self.status_code

        progress: dict[str, Any] | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        elif isinstance(self.progress, QueryProgress):
            progress = self.progress.to_dict()
        else:
            progress = self.progress

        workflow: dict[str, Any] | None | Unset
        if isinstance(self.workflow, Unset):
            workflow = UNSET
        elif isinstance(self.workflow, QueryWorkflow):
            workflow = self.workflow.to_dict()
        else:
            workflow = self.workflow

        query: dict[str, Any] | None | Unset
        if isinstance(self.query, Unset):
            query = UNSET
        elif isinstance(self.query, QueryDetails):
            query = self.query.to_dict()
        else:
            query = self.query

        result: dict[str, Any] | None | Unset
        if isinstance(self.result, Unset):
            result = UNSET
        elif isinstance(self.result, QueryResult):
            result = self.result.to_dict()
        else:
            result = self.result

        paginate: dict[str, Any] | None | Unset
        if isinstance(self.paginate, Unset):
            paginate = UNSET
        elif isinstance(self.paginate, QueryPaginate):
            paginate = self.paginate.to_dict()
        else:
            paginate = self.paginate

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if request_id is not UNSET:
            field_dict["request_id"] = request_id
        if schedule_id is not UNSET:
            field_dict["schedule_id"] = schedule_id
        if status_code is not UNSET:
            field_dict["status_code"] = status_code
        if progress is not UNSET:
            field_dict["progress"] = progress
        if workflow is not UNSET:
            field_dict["workflow"] = workflow
        if query is not UNSET:
            field_dict["query"] = query
        if result is not UNSET:
            field_dict["result"] = result
        if paginate is not UNSET:
            field_dict["paginate"] = paginate

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.query_details import QueryDetails  # noqa: PLC0415
        from ..models.query_paginate import QueryPaginate  # noqa: PLC0415
        from ..models.query_progress import QueryProgress  # noqa: PLC0415
        from ..models.query_result import QueryResult  # noqa: PLC0415
        from ..models.query_workflow import QueryWorkflow  # noqa: PLC0415

        d = dict(src_dict)
        request_id = d.pop("request_id", UNSET)

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

        def _parse_progress(data: object) -> None | QueryProgress | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                progress_type_0 = QueryProgress.from_dict(data)

                return progress_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QueryProgress | Unset, data)

        progress = _parse_progress(d.pop("progress", UNSET))

        def _parse_workflow(data: object) -> None | QueryWorkflow | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                workflow_type_0 = QueryWorkflow.from_dict(data)

                return workflow_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QueryWorkflow | Unset, data)

        workflow = _parse_workflow(d.pop("workflow", UNSET))

        def _parse_query(data: object) -> None | QueryDetails | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                query_type_0 = QueryDetails.from_dict(data)

                return query_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QueryDetails | Unset, data)

        query = _parse_query(d.pop("query", UNSET))

        def _parse_result(data: object) -> None | QueryResult | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_type_0 = QueryResult.from_dict(data)

                return result_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QueryResult | Unset, data)

        result = _parse_result(d.pop("result", UNSET))

        def _parse_paginate(data: object) -> None | QueryPaginate | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                paginate_type_0 = QueryPaginate.from_dict(data)

                return paginate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QueryPaginate | Unset, data)

        paginate = _parse_paginate(d.pop("paginate", UNSET))

        query_meta = cls(
            request_id=request_id,
            schedule_id=schedule_id,
            status_code=status_code,
            progress=progress,
            workflow=workflow,
            query=query,
            result=result,
            paginate=paginate,
        )

        query_meta.additional_properties = d
        return query_meta

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
from ..models.query_details import QueryDetails
from ..models.query_paginate import QueryPaginate
from ..models.query_progress import QueryProgress
from ..models.query_result import QueryResult
from ..models.query_workflow import QueryWorkflow
