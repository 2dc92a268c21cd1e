from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.query_response import QueryResponse
from ...types import UNSET, Response


def _get_kwargs(
    *,
    json: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["json"] = json

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/query/status",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ProblemDetails | QueryResponse | None:
    if response.status_code == 200:
        response_200 = QueryResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ProblemDetails.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ProblemDetails.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ProblemDetails.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ProblemDetails.from_dict(response.json())

        return response_404

    if response.status_code == 429:
        response_429 = ProblemDetails.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ProblemDetails.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ProblemDetails | QueryResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    json: str,
) -> Response[ProblemDetails | QueryResponse]:
    """Poll a query

     Returns the progress of a query. After success it also returns the rows, in the default JSON format,
    whatever
    format the query was started with. Without offsets, a poll of a finished query transfers the whole
    result, so
    request one page.

    The status is available for one hour after the query has ended. After that, and for an id that never
    existed,
    the error code is `STATUS_NOT_FOUND`, with HTTP status 400 or 404.

    A failed query is reported in one of two ways: status 200 with `FAILURE` and no reason, or an error
    response
    with the query's own error code. Read the code before the HTTP status.

    Args:
        json (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | QueryResponse]
    """

    kwargs = _get_kwargs(
        json=json,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    json: str,
) -> ProblemDetails | QueryResponse | None:
    """Poll a query

     Returns the progress of a query. After success it also returns the rows, in the default JSON format,
    whatever
    format the query was started with. Without offsets, a poll of a finished query transfers the whole
    result, so
    request one page.

    The status is available for one hour after the query has ended. After that, and for an id that never
    existed,
    the error code is `STATUS_NOT_FOUND`, with HTTP status 400 or 404.

    A failed query is reported in one of two ways: status 200 with `FAILURE` and no reason, or an error
    response
    with the query's own error code. Read the code before the HTTP status.

    Args:
        json (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | QueryResponse
    """

    return sync_detailed(
        client=client,
        json=json,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    json: str,
) -> Response[ProblemDetails | QueryResponse]:
    """Poll a query

     Returns the progress of a query. After success it also returns the rows, in the default JSON format,
    whatever
    format the query was started with. Without offsets, a poll of a finished query transfers the whole
    result, so
    request one page.

    The status is available for one hour after the query has ended. After that, and for an id that never
    existed,
    the error code is `STATUS_NOT_FOUND`, with HTTP status 400 or 404.

    A failed query is reported in one of two ways: status 200 with `FAILURE` and no reason, or an error
    response
    with the query's own error code. Read the code before the HTTP status.

    Args:
        json (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | QueryResponse]
    """

    kwargs = _get_kwargs(
        json=json,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    json: str,
) -> ProblemDetails | QueryResponse | None:
    """Poll a query

     Returns the progress of a query. After success it also returns the rows, in the default JSON format,
    whatever
    format the query was started with. Without offsets, a poll of a finished query transfers the whole
    result, so
    request one page.

    The status is available for one hour after the query has ended. After that, and for an id that never
    existed,
    the error code is `STATUS_NOT_FOUND`, with HTTP status 400 or 404.

    A failed query is reported in one of two ways: status 200 with `FAILURE` and no reason, or an error
    response
    with the query's own error code. Read the code before the HTTP status.

    Args:
        json (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | QueryResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            json=json,
        )
    ).parsed
