from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.history_response import HistoryResponse
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    json: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["json"] = json

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/query/history",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> HistoryResponse | ProblemDetails | None:
    if response.status_code == 200:
        response_200 = HistoryResponse.from_dict(response.json())

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
) -> Response[HistoryResponse | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    json: str | Unset = UNSET,
) -> Response[HistoryResponse | ProblemDetails]:
    """List past queries

     Lists the queries of the last 24 hours, or of any period within the last 90 days. Use it to find a
    lost
    `schedule_id`, or to check whether the API accepted a start whose response was lost.

    `offset` and `limit` select a page; `meta.paginate.total` is the number of entries.

    Args:
        json (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[HistoryResponse | ProblemDetails]
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
    json: str | Unset = UNSET,
) -> HistoryResponse | ProblemDetails | None:
    """List past queries

     Lists the queries of the last 24 hours, or of any period within the last 90 days. Use it to find a
    lost
    `schedule_id`, or to check whether the API accepted a start whose response was lost.

    `offset` and `limit` select a page; `meta.paginate.total` is the number of entries.

    Args:
        json (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HistoryResponse | ProblemDetails
    """

    return sync_detailed(
        client=client,
        json=json,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    json: str | Unset = UNSET,
) -> Response[HistoryResponse | ProblemDetails]:
    """List past queries

     Lists the queries of the last 24 hours, or of any period within the last 90 days. Use it to find a
    lost
    `schedule_id`, or to check whether the API accepted a start whose response was lost.

    `offset` and `limit` select a page; `meta.paginate.total` is the number of entries.

    Args:
        json (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[HistoryResponse | ProblemDetails]
    """

    kwargs = _get_kwargs(
        json=json,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    json: str | Unset = UNSET,
) -> HistoryResponse | ProblemDetails | None:
    """List past queries

     Lists the queries of the last 24 hours, or of any period within the last 90 days. Use it to find a
    lost
    `schedule_id`, or to check whether the API accepted a start whose response was lost.

    `offset` and `limit` select a page; `meta.paginate.total` is the number of entries.

    Args:
        json (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HistoryResponse | ProblemDetails
    """

    return (
        await asyncio_detailed(
            client=client,
            json=json,
        )
    ).parsed
