from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.data_query import DataQuery
from ...models.error_envelope import ErrorEnvelope
from ...models.error_string import ErrorString
from ...models.output_format import OutputFormat
from ...models.problem_details import ProblemDetails
from ...models.query_response import QueryResponse
from ...types import Response


def _get_kwargs(
    format_: OutputFormat,
    *,
    body: DataQuery,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/query/data/{format_}".format(
            format_=quote(str(format_), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> (
    ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse | None
):
    if response.status_code == 200:

        def _parse_response_200(data: object) -> list[Any] | QueryResponse:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = QueryResponse.from_dict(data)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, list):
                raise TypeError()
            response_200_type_1 = cast(list[Any], data)

            return response_200_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = QueryResponse.from_dict(response.json())

        return response_202

    if response.status_code == 400:

        def _parse_response_400(data: object) -> ErrorEnvelope | ErrorString | ProblemDetails:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_400_type_0 = ErrorEnvelope.from_dict(data)

                return response_400_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_400_type_1 = ErrorString.from_dict(data)

                return response_400_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_400_type_2 = ProblemDetails.from_dict(data)

            return response_400_type_2

        response_400 = _parse_response_400(response.json())

        return response_400

    if response.status_code == 401:

        def _parse_response_401(data: object) -> ErrorEnvelope | ErrorString | ProblemDetails:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_401_type_0 = ErrorEnvelope.from_dict(data)

                return response_401_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_401_type_1 = ErrorString.from_dict(data)

                return response_401_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_401_type_2 = ProblemDetails.from_dict(data)

            return response_401_type_2

        response_401 = _parse_response_401(response.json())

        return response_401

    if response.status_code == 403:

        def _parse_response_403(data: object) -> ErrorEnvelope | ErrorString | ProblemDetails:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_403_type_0 = ErrorEnvelope.from_dict(data)

                return response_403_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_403_type_1 = ErrorString.from_dict(data)

                return response_403_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_403_type_2 = ProblemDetails.from_dict(data)

            return response_403_type_2

        response_403 = _parse_response_403(response.json())

        return response_403

    if response.status_code == 422:

        def _parse_response_422(data: object) -> ErrorEnvelope | ErrorString | ProblemDetails:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_422_type_0 = ErrorEnvelope.from_dict(data)

                return response_422_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_422_type_1 = ErrorString.from_dict(data)

                return response_422_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_422_type_2 = ProblemDetails.from_dict(data)

            return response_422_type_2

        response_422 = _parse_response_422(response.json())

        return response_422

    if response.status_code == 429:

        def _parse_response_429(data: object) -> ErrorEnvelope | ErrorString | ProblemDetails:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_429_type_0 = ErrorEnvelope.from_dict(data)

                return response_429_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_429_type_1 = ErrorString.from_dict(data)

                return response_429_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_429_type_2 = ProblemDetails.from_dict(data)

            return response_429_type_2

        response_429 = _parse_response_429(response.json())

        return response_429

    if response.status_code == 500:

        def _parse_response_500(data: object) -> ErrorEnvelope | ErrorString | ProblemDetails:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_500_type_0 = ErrorEnvelope.from_dict(data)

                return response_500_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_500_type_1 = ErrorString.from_dict(data)

                return response_500_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_500_type_2 = ProblemDetails.from_dict(data)

            return response_500_type_2

        response_500 = _parse_response_500(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[
    ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse
]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    format_: OutputFormat,
    *,
    client: AuthenticatedClient,
    body: DataQuery,
) -> Response[
    ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse
]:
    """Start a query

     Starts the query and waits for it for up to `sync_timeout` seconds. If the query ends in that time,
    the response
    contains the rows in the requested format. Otherwise it is the same status that `GET /query/status`
    returns.
    A query with cached rows may end at once, even with a `sync_timeout` of 0.

    Only one run exists per `schedule_id` at a time: sending the same id again while the query runs
    joins that run.
    Choose the id before sending, so that you can find the query if the response is lost. What happens
    when an id is
    sent again after its run has ended is unknown: poll its status first.

    Only the `json` format contains the status of the query in the same body as its rows.

    Args:
        format_ (OutputFormat): The output format of the rows: `json` (arrays), `keyjson` and
            `ndjson` (objects keyed by field id), `csv`,
            `tsv`, `parquet` (Parquet 1.0), `html`, and formats for specific tools, which are not
            described here.
        body (DataQuery): The query. Only `ds_id` is always required; most data sources also need
            fields, accounts and a date range.
            Dates are fixed (`2026-11-01`) or relative (`yesterday`).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse]
    """

    kwargs = _get_kwargs(
        format_=format_,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    format_: OutputFormat,
    *,
    client: AuthenticatedClient,
    body: DataQuery,
) -> (
    ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse | None
):
    """Start a query

     Starts the query and waits for it for up to `sync_timeout` seconds. If the query ends in that time,
    the response
    contains the rows in the requested format. Otherwise it is the same status that `GET /query/status`
    returns.
    A query with cached rows may end at once, even with a `sync_timeout` of 0.

    Only one run exists per `schedule_id` at a time: sending the same id again while the query runs
    joins that run.
    Choose the id before sending, so that you can find the query if the response is lost. What happens
    when an id is
    sent again after its run has ended is unknown: poll its status first.

    Only the `json` format contains the status of the query in the same body as its rows.

    Args:
        format_ (OutputFormat): The output format of the rows: `json` (arrays), `keyjson` and
            `ndjson` (objects keyed by field id), `csv`,
            `tsv`, `parquet` (Parquet 1.0), `html`, and formats for specific tools, which are not
            described here.
        body (DataQuery): The query. Only `ds_id` is always required; most data sources also need
            fields, accounts and a date range.
            Dates are fixed (`2026-11-01`) or relative (`yesterday`).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse
    """

    return sync_detailed(
        format_=format_,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    format_: OutputFormat,
    *,
    client: AuthenticatedClient,
    body: DataQuery,
) -> Response[
    ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse
]:
    """Start a query

     Starts the query and waits for it for up to `sync_timeout` seconds. If the query ends in that time,
    the response
    contains the rows in the requested format. Otherwise it is the same status that `GET /query/status`
    returns.
    A query with cached rows may end at once, even with a `sync_timeout` of 0.

    Only one run exists per `schedule_id` at a time: sending the same id again while the query runs
    joins that run.
    Choose the id before sending, so that you can find the query if the response is lost. What happens
    when an id is
    sent again after its run has ended is unknown: poll its status first.

    Only the `json` format contains the status of the query in the same body as its rows.

    Args:
        format_ (OutputFormat): The output format of the rows: `json` (arrays), `keyjson` and
            `ndjson` (objects keyed by field id), `csv`,
            `tsv`, `parquet` (Parquet 1.0), `html`, and formats for specific tools, which are not
            described here.
        body (DataQuery): The query. Only `ds_id` is always required; most data sources also need
            fields, accounts and a date range.
            Dates are fixed (`2026-11-01`) or relative (`yesterday`).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse]
    """

    kwargs = _get_kwargs(
        format_=format_,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    format_: OutputFormat,
    *,
    client: AuthenticatedClient,
    body: DataQuery,
) -> (
    ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse | None
):
    """Start a query

     Starts the query and waits for it for up to `sync_timeout` seconds. If the query ends in that time,
    the response
    contains the rows in the requested format. Otherwise it is the same status that `GET /query/status`
    returns.
    A query with cached rows may end at once, even with a `sync_timeout` of 0.

    Only one run exists per `schedule_id` at a time: sending the same id again while the query runs
    joins that run.
    Choose the id before sending, so that you can find the query if the response is lost. What happens
    when an id is
    sent again after its run has ended is unknown: poll its status first.

    Only the `json` format contains the status of the query in the same body as its rows.

    Args:
        format_ (OutputFormat): The output format of the rows: `json` (arrays), `keyjson` and
            `ndjson` (objects keyed by field id), `csv`,
            `tsv`, `parquet` (Parquet 1.0), `html`, and formats for specific tools, which are not
            described here.
        body (DataQuery): The query. Only `ds_id` is always required; most data sources also need
            fields, accounts and a date range.
            Dates are fixed (`2026-11-01`) or relative (`yesterday`).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorEnvelope | ErrorString | ProblemDetails | QueryResponse | list[Any] | QueryResponse
    """

    return (
        await asyncio_detailed(
            format_=format_,
            client=client,
            body=body,
        )
    ).parsed
