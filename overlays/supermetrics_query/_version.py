"""Which version this is, and which contract it was made from."""

from supermetrics_query_api.provenance import CONTRACT_VERSION

__version__ = "0.1.0"
USER_AGENT = f"supermetrics-query/{__version__} (contract {CONTRACT_VERSION})"
