"""What a type checker must refuse: an ignored error that does not occur is an error itself. Never run."""

from supermetrics_query import QueryKlient  # type: ignore[attr-defined]

assert QueryKlient
