"""Contains all the data models used in inputs/outputs. Each is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account_filter import AccountFilter
    from .data_query import DataQuery
    from .error_code import ErrorCode
    from .error_envelope import ErrorEnvelope
    from .error_info import ErrorInfo
    from .error_meta import ErrorMeta
    from .error_string import ErrorString
    from .field_selection import FieldSelection
    from .history_entry import HistoryEntry
    from .history_filter import HistoryFilter
    from .history_meta import HistoryMeta
    from .history_paginate import HistoryPaginate
    from .history_response import HistoryResponse
    from .output_format import OutputFormat
    from .problem_details import ProblemDetails
    from .query_details import QueryDetails
    from .query_field import QueryField
    from .query_history_request import QueryHistoryRequest
    from .query_meta import QueryMeta
    from .query_paginate import QueryPaginate
    from .query_progress import QueryProgress
    from .query_response import QueryResponse
    from .query_result import QueryResult
    from .query_results_request import QueryResultsRequest
    from .query_settings import QuerySettings
    from .query_status_request import QueryStatusRequest
    from .query_workflow import QueryWorkflow
    from .status_code import StatusCode

MODULES = {
    "AccountFilter": ".account_filter",
    "DataQuery": ".data_query",
    "ErrorCode": ".error_code",
    "ErrorEnvelope": ".error_envelope",
    "ErrorInfo": ".error_info",
    "ErrorMeta": ".error_meta",
    "ErrorString": ".error_string",
    "FieldSelection": ".field_selection",
    "HistoryEntry": ".history_entry",
    "HistoryFilter": ".history_filter",
    "HistoryMeta": ".history_meta",
    "HistoryPaginate": ".history_paginate",
    "HistoryResponse": ".history_response",
    "OutputFormat": ".output_format",
    "ProblemDetails": ".problem_details",
    "QueryDetails": ".query_details",
    "QueryField": ".query_field",
    "QueryHistoryRequest": ".query_history_request",
    "QueryMeta": ".query_meta",
    "QueryPaginate": ".query_paginate",
    "QueryProgress": ".query_progress",
    "QueryResponse": ".query_response",
    "QueryResult": ".query_result",
    "QueryResultsRequest": ".query_results_request",
    "QuerySettings": ".query_settings",
    "QueryStatusRequest": ".query_status_request",
    "QueryWorkflow": ".query_workflow",
    "StatusCode": ".status_code",
}

__all__ = (
    "AccountFilter",
    "DataQuery",
    "ErrorCode",
    "ErrorEnvelope",
    "ErrorInfo",
    "ErrorMeta",
    "ErrorString",
    "FieldSelection",
    "HistoryEntry",
    "HistoryFilter",
    "HistoryMeta",
    "HistoryPaginate",
    "HistoryResponse",
    "OutputFormat",
    "ProblemDetails",
    "QueryDetails",
    "QueryField",
    "QueryHistoryRequest",
    "QueryMeta",
    "QueryPaginate",
    "QueryProgress",
    "QueryResponse",
    "QueryResult",
    "QueryResultsRequest",
    "QuerySettings",
    "QueryStatusRequest",
    "QueryWorkflow",
    "StatusCode",
)


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(MODULES[name], __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
