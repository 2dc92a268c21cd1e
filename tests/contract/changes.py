"""Changes of the contract, and how each is rated at which place."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tools.contract.document import Document

Edit = Callable[[Document], object]


def at(document: Document, path: str) -> Any:
    """Return what stands at a path, whose steps are separated by spaces."""
    found: Any = document
    for step in path.split(" "):
        found = found[int(step) if isinstance(found, list) else step]
    return found


def put(path: str, value: object) -> Edit:
    """Set a value, as the last of its mapping if it is new."""
    holder, _, name = path.rpartition(" ")
    return lambda document: at(document, holder).update({name: value})


def drop(path: str) -> Edit:
    holder, _, name = path.rpartition(" ")
    return lambda document: at(document, holder).pop(name)


def drop_last(path: str) -> Edit:
    return lambda document: at(document, path).pop()


def extend(path: str, *values: object) -> Edit:
    return lambda document: at(document, path).extend(values)


def first(path: str, name: str, value: object) -> Edit:
    """Insert an entry before all others."""

    def edit(document: Document) -> None:
        held = at(document, path)
        rest = dict(held)
        held.clear()
        held.update({name: value} | rest)

    return edit


def reverse(path: str) -> Edit:
    def edit(document: Document) -> None:
        held = at(document, path)
        turned = [*reversed(held.items() if isinstance(held, dict) else held)]
        held.clear()
        held.update(turned) if isinstance(held, dict) else held.extend(turned)

    return edit


def rename(path: str, name: str) -> Edit:
    """Give an entry another name, in its place."""
    holder, _, old = path.rpartition(" ")

    def edit(document: Document) -> None:
        entries = [(name if each == old else each, value) for each, value in at(document, holder).items()]
        at(document, holder).clear()
        at(document, holder).update(entries)

    return edit


def replace(old: str, new: str) -> Edit:
    """Replace a text everywhere."""

    def edit(document: Document) -> None:
        changed = json.loads(json.dumps(document).replace(old, new))
        document.clear()
        document.update(changed)

    return edit


def both(*edits: Edit) -> Edit:
    return lambda document: [edit(document) for edit in edits]


SCHEMAS = "components schemas"
QUERY = f"{SCHEMAS} DataQuery properties"
STATUS = f"{SCHEMAS} QueryStatusRequest properties"
META = f"{SCHEMAS} QueryMeta properties"
PROGRESS = f"{SCHEMAS} QueryProgress properties"
POLL = "paths /query/status get"
START = "paths /query/data/{format} post"
TEXT = {"type": "string"}

# By what is changed: how, the rating, and the place that says so.
CHANGES: Mapping[str, tuple[Edit, str, str]] = {
    # Names and signatures.
    "an operation removed": (drop("paths /query/history"), "breaking", "/query/history"),
    "an operation renamed": (put(f"{POLL} operationId", "poll_query"), "breaking", "queries.get_query_status"),
    "a tag renamed": (replace('"queries"', '"jobs"'), "breaking", "queries.start_query"),
    "a component renamed": (replace("QueryWorkflow", "LicenceQueue"), "breaking", "QueryWorkflow"),
    "a class renamed by a title": (put(f"{SCHEMAS} DataQuery title", "Question"), "breaking", "DataQuery"),
    "a path parameter renamed": (
        both(
            replace("data/{format}", "data/{output}"),
            put("paths /query/data/{output} post parameters 0 name", "output"),
        ),
        "breaking",
        "queries.start_query(format_)",
    ),
    "values named in Python": (
        put(f"{SCHEMAS} OutputFormat x-enum-varnames", [f"FORMAT_{letter}" for letter in "ABCDEFGHIJK"]),
        "breaking",
        "OutputFormat.CSV",
    ),
    # Members of requests.
    "a member of a body removed": (drop(f"{QUERY} ds_user"), "breaking", "DataQuery.ds_user"),
    "a member of a body renamed": (rename(f"{QUERY} ds_user", "login"), "breaking", "DataQuery.ds_user"),
    "a member of json removed": (drop(f"{STATUS} offset_end"), "breaking", "QueryStatusRequest.offset_end"),
    "a member of json renamed": (rename(f"{STATUS} offset_end", "last"), "breaking", "QueryStatusRequest.offset_end"),
    "a member of json required": (
        both(put(f"{STATUS} more", TEXT), extend(f"{SCHEMAS} QueryStatusRequest required", "more")),
        "breaking",
        "QueryStatusRequest.more",
    ),
    "a member no longer required": (put(f"{SCHEMAS} DataQuery required", []), "additive", "DataQuery"),
    "a member added to a body": (put(f"{QUERY} more", TEXT), "additive", "DataQuery.more"),
    "a member inserted into a body": (first(QUERY, "more", TEXT), "additive", "DataQuery.more"),
    "a member added to json": (put(f"{STATUS} more", TEXT), "additive", "QueryStatusRequest.more"),
    "a member that cannot be sent": (put(f"{QUERY} max_rows readOnly", True), "breaking", "DataQuery.max_rows"),
    "a member that is only sent": (put(f"{QUERY} max_rows writeOnly", True), "patch", "DataQuery.max_rows"),
    "a default": (put(f"{QUERY} max_rows default", 1000), "breaking", "DataQuery.max_rows"),
    "a deprecated member": (put(f"{QUERY} max_rows deprecated", True), "additive", "DataQuery.max_rows"),
    "a request closed": (put(f"{SCHEMAS} DataQuery additionalProperties", False), "breaking", "DataQuery"),
    "a request open as before": (put(f"{SCHEMAS} DataQuery additionalProperties", True), "patch", "DataQuery"),
    "another type sent": (put(f"{QUERY} max_rows type", "string"), "breaking", "DataQuery.max_rows"),
    "more types sent": (put(f"{QUERY} ds_user type", ["string", "integer"]), "additive", "DataQuery.ds_user"),
    "an alternative sent": (
        put(f"{QUERY} ds_user", {"anyOf": [{"type": "string", "maxLength": 255}, {"type": "array", "items": TEXT}]}),
        "additive",
        "DataQuery.ds_user",
    ),
    "an alternative less": (put(f"{QUERY} ds_users", TEXT), "breaking", "DataQuery.ds_users"),
    "an object with members": (
        put(f"{SCHEMAS} QuerySettings properties", {"no_headers": {"type": "boolean"}}),
        "breaking",
        "DataQuery.settings",
    ),
    "another schema behind json": (
        put(f"{POLL} parameters 0 content application/json schema $ref", "#/components/schemas/QueryResultsRequest"),
        "breaking",
        "/query/status get json (query) application/json.offset_end",
    ),
    "json optional": (
        put(f"{POLL} parameters 0 required", False),
        "additive",
        "/query/status get json (query)",
    ),
    "a parameter added": (
        extend(f"{POLL} parameters", {"name": "more", "in": "query", "description": "More.", "schema": TEXT}),
        "additive",
        "/query/status get more (query)",
    ),
    "a parameter required": (
        extend(f"{POLL} parameters", {"name": "more", "in": "query", "required": True, "schema": TEXT}),
        "breaking",
        "/query/status get more (query)",
    ),
    # Limits of requests.
    "maxLength lowered": (put(f"{QUERY} filter maxLength", 50), "breaking", "DataQuery.filter"),
    "maxLength raised": (put(f"{QUERY} filter maxLength", 50_000), "additive", "DataQuery.filter"),
    "maxLength removed": (drop(f"{QUERY} filter maxLength"), "additive", "DataQuery.filter"),
    "minLength set": (put(f"{QUERY} filter minLength", 3), "breaking", "DataQuery.filter"),
    "maxItems lowered": (put(f"{QUERY} fields anyOf 1 maxItems", 5), "breaking", "DataQuery.fields"),
    "maximum raised": (put(f"{QUERY} max_rows maximum", 2_000_000), "additive", "DataQuery.max_rows"),
    "minimum raised": (put(f"{QUERY} max_rows minimum", 5), "breaking", "DataQuery.max_rows"),
    "minimum lowered": (put(f"{QUERY} max_rows minimum", 0), "additive", "DataQuery.max_rows"),
    "pattern changed": (put(f"{SCHEMAS} ScheduleId pattern", "^[A-Z]+$"), "breaking", "ScheduleId"),
    "pattern removed": (drop(f"{SCHEMAS} ScheduleId pattern"), "additive", "ScheduleId"),
    "int32 sent as int64": (put(f"{QUERY} max_rows format", "int64"), "additive", "DataQuery.max_rows"),
    "a format less": (drop(f"{QUERY} max_rows format"), "additive", "DataQuery.max_rows"),
    # Limits of responses.
    "maximum raised in a response": (
        put(f"{PROGRESS} queries_total maximum", 100_000),
        "additive",
        "QueryProgress.queries_total",
    ),
    "maximum lowered in a response": (
        put(f"{PROGRESS} queries_total maximum", 10),
        "patch",
        "QueryProgress.queries_total",
    ),
    "int64 read as int32": (
        put(f"{SCHEMAS} QueryResult properties total_rows format", "int32"),
        "patch",
        "QueryResult.total_rows",
    ),
    "int32 read as int64": (
        put(f"{SCHEMAS} HistoryPaginate properties total format", "int64"),
        "patch",
        "HistoryPaginate.total",
    ),
    # Members of responses.
    "a member read removed": (drop(f"{META} request_id"), "breaking", "QueryMeta.request_id"),
    "a member read renamed": (rename(f"{META} request_id", "id"), "breaking", "QueryMeta.request_id"),
    "a member read added": (put(f"{META} more", TEXT), "additive", "QueryMeta.more"),
    "another type read": (put(f"{META} request_id type", "integer"), "breaking", "QueryMeta.request_id"),
    "null read": (put(f"{META} request_id type", ["string", "null"]), "breaking", "QueryMeta.request_id"),
    "no null read": (
        put(f"{META} progress", {"$ref": "#/components/schemas/QueryProgress"}),
        "additive",
        "QueryMeta.progress",
    ),
    "a member always read": (put(f"{SCHEMAS} QueryMeta required", ["request_id"]), "additive", "QueryMeta"),
    "known values for a text": (
        put(f"{META} request_id", {"anyOf": [{"$ref": "#/components/schemas/OutputFormat"}, TEXT]}),
        "additive",
        "QueryMeta.request_id",
    ),
    "a member that is not read": (put(f"{META} request_id writeOnly", True), "breaking", "QueryMeta.request_id"),
    # Listed values.
    "a status added": (extend(f"{SCHEMAS} StatusCode enum", "PAUSED"), "additive", "StatusCode"),
    "a status removed": (drop_last(f"{SCHEMAS} StatusCode enum"), "breaking", "StatusCode"),
    "a format added": (extend(f"{SCHEMAS} OutputFormat enum", "avro"), "additive", "OutputFormat"),
    "an error code removed": (
        drop_last(f"{SCHEMAS} ErrorCode enum"),
        "breaking",
        "ErrorCode",
    ),
    "a value written otherwise": (replace('"tsv"', '"TSV"'), "breaking", "OutputFormat.TSV"),
    # Responses, security, servers.
    "an error added": (
        put("paths /query/results get responses 418", {"$ref": "#/components/responses/UnprocessableContent"}),
        "additive",
        "/query/results get 418",
    ),
    "a response removed": (drop(f"{POLL} responses 404"), "breaking", "/query/status get 404"),
    "a header removed": (
        drop(f"{POLL} responses 200 headers X-RateLimit-Limit"),
        "breaking",
        "/query/status get 200 X-RateLimit-Limit",
    ),
    "a media type removed": (
        drop(f"{START} responses 200 content text/csv"),
        "breaking",
        "/query/data/{format} post 200 text/csv",
    ),
    "another scheme": (put("components securitySchemes bearer scheme", "basic"), "breaking", "bearer"),
    "no security": (drop(f"{POLL} security"), "breaking", "/query/status get"),
    "another server": (put("servers 0 url", "https://api.example.com/v3"), "breaking", ""),
    "a keyword that no rule knows": (
        put(f"{POLL} parameters 0 style", "deepObject"),
        "breaking",
        "/query/status get json (query)",
    ),
    # What nobody's code depends on.
    "a description": (put(f"{SCHEMAS} QueryMeta description", "All that is known."), "patch", "QueryMeta"),
    "the description of a member named title": (
        put(f"{SCHEMAS} ProblemDetails properties title description", "A title."),
        "patch",
        "ProblemDetails.title",
    ),
    "an example": (put("components examples query_running value data", None), "patch", ""),
    "the summary of a server": (put("servers 0 description", "A server."), "patch", ""),
    "the order of members": (reverse(QUERY), "patch", "DataQuery"),
    "the order of members read": (reverse(META), "patch", "QueryMeta"),
    "the order of values": (reverse(f"{SCHEMAS} StatusCode enum"), "patch", "StatusCode"),
    "the order of alternatives": (reverse(f"{QUERY} fields anyOf"), "patch", "DataQuery.fields"),
    "the order of schemas": (reverse(SCHEMAS), "patch", ""),
    "the order of paths": (reverse("paths"), "patch", ""),
}
