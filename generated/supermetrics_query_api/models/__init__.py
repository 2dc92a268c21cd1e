"""Contains all the data models used in inputs/outputs"""

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
