"""Changes of what may stand in the contract, by what notices them first."""

from typing import Any

from tests.contract.proof.edits import Change, Edit, change, drop, put, redirect, refer, rename, reorder, steps
from tools.contract.document import Document

OPEN = "DataQuery properties filter"
COUNT = "DataQuery properties max_rows"
LIST = "DataQuery properties ds_users anyOf 1"
ANSWER = "QueryMeta properties request_id"
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 9}
LISTED = {"type": "array", "maxItems": 9, "items": {"type": "string"}}
PLAIN: dict[str, Any] = {
    "name": "kind",
    "in": "query",
    "description": "A kind.",
    "schema": {"type": "string"},
    "example": "x",
}
KIND = put("status parameters -", PLAIN)
OUTPUT = {"$ref": "#/components/schemas/OutputFormat"}
PROGRESS = {"$ref": "#/components/schemas/QueryProgress"}
TEXT = {"schema": {"type": "string"}, "examples": {"csv": {"$ref": "#/components/examples/rows_csv"}}}
ONLY_OF_RESULTS = (
    *(
        "QueryResultsRequest",
        "responses ResultsUnavailable",
        "examples results_request",
        "examples results_request_page",
    ),
    *("examples problem_results_unavailable", "examples envelope_results_unavailable"),
)


def swap_what_json_holds(document: Document) -> None:
    one, other = (f"#/components/schemas/{name}" for name in ("QueryStatusRequest", "QueryHistoryRequest"))
    for old, new in ((one, "#"), (other, one), ("#", other)):
        redirect(document["paths"], old, new)


def share_a_parameter(document: Document) -> None:
    item = document["paths"]["/query/status"]
    (shared,) = item["get"].pop("parameters")
    document["components"]["parameters"] = {"Json": shared}
    item["parameters"] = [{"$ref": "#/components/parameters/Json"}]


def add_an_operation(document: Document) -> None:
    """Add an operation that answers as another one does."""
    known = document["paths"]["/query/history"]["get"]
    document["paths"]["/query/stopped"] = {"get": known | {"operationId": "get_stopped_queries"}}


def rename_the_path_parameter(document: Document) -> None:
    rename("paths /query/data/{format}", "/query/data/{output}")(document)
    document["paths"]["/query/data/{output}"]["post"]["parameters"][0]["name"] = "output"


def move_to_the_path(document: Document) -> None:
    document["paths"]["/query/status"]["get"]["parameters"][1] |= {"in": "path", "required": True}
    rename("paths /query/status", "/query/status/{kind}")(document)


def rename_the_tag(document: Document) -> None:
    document["tags"][0]["name"] = "runs"
    for item in document["paths"].values():
        for operation in item.values():
            operation["tags"] = ["runs"]


def short(place: str) -> str:
    return " ".join(steps(place)[2:] if steps(place)[0] == "components" else place.split()).replace(" properties ", " ")


def without(*places: str) -> list[Change]:
    return [change(f"{short(place)} removed", drop(place)) for place in places]


def to(value: Any, *places: str, of: tuple[Edit, ...] = ()) -> list[Change]:
    return [change(f"{short(place)} becomes {value!r}", put(place, value), of=of) for place in places]


def described(*places: str) -> list[Change]:
    return [change(f"{short(place)} says something else", put(place, "Another text.")) for place in places]


CHECKS = [
    *without(f"{OPEN} maxLength", f"{LIST} maxItems", "ScheduleId minLength", "ScheduleId pattern", "ApiKey pattern"),
    *to(6000, f"{OPEN} maxLength"),
    *to(4000, f"{OPEN} maxLength"),
    *to(500, f"{COUNT} maximum", f"{LIST} maxItems", "QueryResultsRequest properties limit maximum"),
    *to(10**7, f"{COUNT} maximum", "QueryHistoryRequest properties limit maximum"),
    *to(
        2,
        "ApiKey minLength",
        f"{COUNT} minimum",
        f"{LIST} minItems",
        f"{OPEN} minLength",
        "QueryStatusRequest properties offset_end minimum",
    ),
    *to("^[a-z]+$", "ScheduleId pattern", f"{OPEN} pattern"),
    *to(
        99, "AccountFilter properties filter_id maxLength", "FieldSelection properties id maxLength", "ApiKey maxLength"
    ),
    *to(NUMBER, f"{LIST} items"),
    *to(NUMBER, OPEN, "QueryStatusRequest properties new", "DataQuery properties new", "FieldSelection properties new"),
    change("a text becomes a day", put(f"{OPEN} format", "date")),
    change("a day becomes a text", drop("DataQuery properties start_date anyOf 0")),
    change("a new alternative", put("DataQuery properties ds_users anyOf -", NUMBER)),
    change("an alternative less", drop("DataQuery properties ds_users anyOf 0")),
    change(
        "an object more in a request", put("DataQuery properties new", {"$ref": "#/components/schemas/AccountFilter"})
    ),
    change(
        "a list more in a request",
        put("DataQuery properties new", {"type": "array", "maxItems": 9, "items": {"type": "string"}}),
    ),
    change("a member of a request less", drop("DataQuery properties compare_show")),
    change("a member of a request renamed", rename("DataQuery properties compare_show", "compare_style")),
    change("a member of json renamed", rename("QueryHistoryRequest properties since", "after")),
    change("members of a request in another order", reorder("DataQuery properties")),
    change("a member of a request becomes required", put("DataQuery required -", "fields")),
    change("a member of json is no longer required", drop("QueryStatusRequest required")),
    change("a member within a list is no longer required", drop("FieldSelection required")),
    change("a schema that is sent is renamed", refer("QueryStatusRequest", "StatusRequest")),
    change("json of two operations swapped", swap_what_json_holds),
    change("an operation less", drop("paths /query/results"), *map(drop, ONLY_OF_RESULTS)),
]
CODE = [
    *without(
        "StatusCode enum 3",
        "OutputFormat enum 0",
        "ErrorCode enum 5",
        "results responses 429",
        "ErrorEnvelope required",
    ),
    *to(["string", "null"], f"{ANSWER} type"),
    *to("string", "QueryDetails properties start_date type"),
    *to("integer", "QueryField properties id type"),
    *to("number", "QueryResult properties total_rows type", of=(drop("QueryResult properties total_rows format"),)),
    *to("date-time", f"{ANSWER} format"),
    *to(["progress"], "QueryMeta required"),
    *to({"type": "string"}, "QueryMeta properties new", "ResultRows items"),
    *to({"type": "boolean"}, "QueryMeta properties new"),
    *to({"type": "array", "items": {"type": "string"}}, "QueryMeta properties new"),
    *to(PROGRESS, "QueryMeta properties new", "QueryMeta properties progress"),
    *to({"$ref": "#/components/schemas/HistoryResponse"}, "start responses 202 content application/json schema"),
    change("a status more", put("StatusCode enum -", "PAUSED")),
    change("a status renamed", put("StatusCode enum 0", "PLANNED")),
    change("an error code more", put("ErrorCode enum -", "QUERY_PAUSED")),
    change("a format of rows more", put("OutputFormat enum -", "xlsx")),
    change("a format of a text less", drop("QueryResult properties cache_time anyOf 0 format")),
    change("a null less", drop("QueryMeta properties progress anyOf 1")),
    change("an alternative more in an answer", put("QueryMeta properties progress anyOf -", {"type": "string"})),
    change("a member of an answer less", drop("QueryWorkflow properties tasks_running")),
    change("a member of an answer renamed", rename("QueryProgress properties queries_total", "total")),
    change("members of an answer in another order", reorder("QueryProgress properties")),
    change("a schema of an answer renamed", refer("QueryProgress", "Progress")),
    change("a set of values renamed", refer("OutputFormat", "RowFormat")),
    change("an operation renamed", put("status operationId", "get_status")),
    change("an operation more", add_an_operation),
    change("the tag renamed", rename_the_tag),
    change("a path renamed", rename("paths /query/status", "/query/state")),
    change("a path parameter renamed", rename_the_path_parameter),
    change("another method that is known", rename("paths /query/history get", "post")),
    change("json that need not be sent", put("status parameters 0 required", False)),
    change("json that must be sent", put("history parameters 0 required", True)),
    change("json under another name", put("status parameters 0 name", "query")),
    change("a plain parameter more", KIND),
    change("a plain parameter that is a number", put("status parameters 1 schema type", "integer"), of=(KIND,)),
    change("a plain parameter that is a truth", put("status parameters 1 schema type", "boolean"), of=(KIND,)),
    change("a plain parameter with values", put("status parameters 1 schema", OUTPUT), of=(KIND,)),
    change("a plain parameter that must be sent", put("status parameters 1 required", True), of=(KIND,)),
    change("a plain parameter renamed", put("status parameters 1 name", "sort"), of=(KIND,)),
    change("a plain parameter in the path", move_to_the_path, of=(KIND,)),
    change("a body that need not be sent", put("start requestBody required", False)),
    change("rows before JSON", reorder("start responses 200 content")),
    change("an answer more", put("results responses 422", {"$ref": "#/components/responses/UnprocessableContent"})),
    change("an answer under another status", rename("results responses 404", "409")),
    change("another address", put("servers 0 url", "https://api.example.com/v3")),
    change("another version", put("info version", "7.0.0")),
]
TEXTS = [
    *described("status description", "status summary", "info title", "DataQuery description", f"{OPEN} description"),
    *described("QueryMeta description", "QueryMeta properties status_code description", "ScheduleId description"),
    *described("HistoryPaginate properties total description", "ApiKey description", "QueryProgress description"),
    *described("DataQuery properties max_rows description", "DataQuery properties ds_users description"),
    *described(f"{ANSWER} description", "QueryResult properties run_seconds description"),
    *described("QueryResult properties data_sampled description", "QueryDetails properties ds_accounts description"),
    *described("QueryHistoryRequest properties status_codes description"),
]
LINT = [*to("three", "examples query_running value meta progress queries_ready")]
TEST = [
    *without(
        "responses BadRequest headers X-RateLimit-Limit", "headers Retry-After example", "start parameters 0 example"
    ),
    *without("BinaryRows contentMediaType", "start responses 202 content application/json examples"),
    *to({"type": "string"}, "headers X-RateLimit-Limit schema"),
    *to("5000", "headers X-RateLimit-Limit example"),
    change("a header more", put("responses BadRequest headers X-New", {"$ref": "#/components/headers/Retry-After"})),
    change("a media type more of an error", put("responses BadRequest content text/html", TEXT)),
    change("a media type more of a status", put("status responses 200 content text/csv", TEXT)),
    change("an int32 beyond its width", put(f"{COUNT} format", "int32"), of=(put(f"{COUNT} maximum", 2**31),)),
    change("statuses in another order", reorder("StatusCode enum")),
    change("a tag more", put("tags -", {"name": "runs", "description": "Runs."})),
]
DIFF = [
    change(
        "a key that is an ordinary text", *(drop(f"ApiKey {word}") for word in ("format", "writeOnly", "deprecated"))
    ),
    *without("QueryField properties field_name maxLength", "QueryResult properties run_seconds minimum"),
    *without("QueryDetails properties fields maxItems", "QueryProgress properties queries_total maximum"),
    *without("headers WWW-Authenticate schema pattern", f"{COUNT} format", "QueryResult properties total_rows format"),
    *to(
        9,
        "QueryProgress properties queries_ready maximum",
        "QueryPaginate properties next maxLength",
    ),
    *to(60, f"{ANSWER} maxLength"),
    *to(1, f"{ANSWER} minLength", "QueryDetails properties ds_accounts minItems"),
    *to(500, "QueryDetails properties ds_accounts maxItems", "headers X-RateLimit-Limit schema minimum"),
    *to(9.5, "QueryResult properties run_seconds maximum"),
    *to(0.1, "QueryResult properties run_seconds minimum"),
    *to("^[a-z.]+$", "QueryField properties data_type pattern"),
    change("formats of rows in another order", reorder("OutputFormat enum")),
    *to("int64", f"{COUNT} format", "ProblemDetails properties status format"),
    *to(["*", "null"], "headers Access-Control-Allow-Origin schema enum"),
    *to("uri-reference", f"{ANSWER} format"),
    *to("text/csv", "BinaryRows contentMediaType"),
    *described("info description", "info summary", "info license name", "servers 0 description", "tags 0 description"),
    *described("components securitySchemes bearer description", "responses BadRequest description"),
    *described("headers Retry-After description", "status responses 200 description", "examples rows_keyed summary"),
    *described(
        "TextRows description",
        "BinaryRows description",
        "start parameters 0 description",
        "status parameters 0 description",
    ),
    *to("Apache-2.0", "info license identifier"),
    *to([], "examples query_running_with_more_work value data"),
    change("an example of an answer less", drop("start responses 202 content application/json examples scheduled")),
    change(
        "an example of json less",
        drop("results parameters 0 content application/json examples page"),
        drop("examples results_request_page"),
    ),
]
HARMLESS = [
    change("OpenAPI 3.1.0", put("openapi", "3.1.0"), why="both versions mean the same"),
    change(
        "an open object that does not say so", drop("QuerySettings additionalProperties"), why="every object is open"
    ),
    change(
        "an object that says that it is open",
        put("ErrorMeta additionalProperties", True),
        of=(drop("ErrorMeta properties"),),
        why="every object is open",
    ),
    change("a parameter shared by the operations of a path", share_a_parameter, why="the same parameter is sent"),
    change("schemas in another order", reorder("components schemas"), why="each has a file of its own"),
    change("a limit before its type", reorder(OPEN), why="keywords have no order"),
]
