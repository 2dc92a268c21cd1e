"""The code of jobs that are measured from the start of a process, by job and subject."""

from collections.abc import Mapping

CODE: Mapping[str, Mapping[str, str]] = {
    "IMPORT": {"ours": "import supermetrics_query", "official": "import supermetrics"},
    "COLD": {
        "ours": """
from supermetrics_query import QueryClient
with QueryClient({key!r}, base_url={url!r}) as client:
    client.status({name!r})
""",
        "official": """
from supermetrics import SupermetricsClient
with SupermetricsClient({key!r}, base_url={url!r}) as client:
    client.queries.get_results({name!r})
""",
    },
}
