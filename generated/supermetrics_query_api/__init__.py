"""A client library for accessing Supermetrics Data API, asynchronous queries"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
