"""What a type checker must refuse: an ignored error that does not occur is an error itself. Never run."""

from supermetrics_query import DataQuery, QueryKlient  # type: ignore[attr-defined]

assert QueryKlient
assert DataQuery("GAWA")  # type: ignore[call-arg]
