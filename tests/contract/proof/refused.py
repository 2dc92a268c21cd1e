"""Changes that `make generate` refuses: what they add would be lost, misread, or end in an exception."""

from datetime import date
from typing import Any

from tests.contract.proof.edits import Change, Edit, change, drop, put, refer, rename

OPEN = "DataQuery properties filter"  # a text that is sent
COUNT = "DataQuery properties max_rows"
LIST = "DataQuery properties ds_users anyOf 1"
ANSWER = "QueryMeta properties request_id"
PLAIN: dict[str, Any] = {"name": "kind", "in": "query", "description": "A kind.", "schema": {"type": "string"}}
KIND = put("status parameters -", PLAIN)
NODE = put("Node", {"type": "object", "properties": {"value": {"type": "string"}}})
SENT = put("DataQuery properties extra", {"$ref": "#/components/schemas/Node"})
SECOND = {"type": "object", "properties": {"value": {"type": "string"}}}
JSON_TEXT = {"schema": {"type": "string"}}


def add(keyword: str, value: Any, place: str, *of: Edit) -> Change:
    """Return a change that adds a keyword."""
    return change(f"add {keyword} to {place}", put(f"{place} {keyword}", value), of=of)


def each(place: str, *of: Edit, **values: Any) -> list[Change]:
    """Return changes that add one keyword each."""
    return [add(keyword, value, place, *of) for keyword, value in values.items()]


DOCUMENT = [
    change("a webhook", put("webhooks", {"ended": {"post": {"responses": {"200": {"description": "Seen."}}}}})),
    change("security of the whole document", put("security", [{"bearer": []}])),
    change("external documentation", put("externalDocs", {"url": "https://example.com"})),
    change("another dialect of JSON Schema", put("jsonSchemaDialect", "https://json-schema.org/draft/2019-09/schema")),
    change("an extension", put("x-internal", 1)),
    change("contact of the authors", put("info contact", {"name": "Us"})),
    change("terms of service", put("info termsOfService", "https://example.com/terms")),
    change("OpenAPI 3.2", put("openapi", "3.2.0")),
    change("OpenAPI 3.0", put("openapi", "3.0.3")),
    change("a version of two numbers", put("info version", "1.1")),
    change("a version that is a number", put("info version", 1.1)),
    change("no servers", drop("servers")),
    change("no version", drop("info version")),
    change("a second server", put("servers -", {"url": "https://eu.api.supermetrics.com/enterprise/v2"})),
    change(
        "a variable of the server",
        put("servers 0", {"url": "https://{region}.example.com", "variables": {"region": {"default": "eu"}}}),
    ),
    change("a variable of the server that is not declared", put("servers 0 url", "https://{region}.example.com")),
    change("a relative server", put("servers 0 url", "/enterprise/v2")),
    change("tags with a parent", put("tags 0 parent", "all")),
    change("no paths", put("paths", None)),
]
OPERATIONS = [
    *each("status", deprecated=True, callbacks={}, externalDocs={"url": "https://example.com"}),
    change("servers of an operation", put("status servers", [{"url": "https://other.example.com"}])),
    change("servers of a path", put("paths /query/status servers", [{"url": "https://other.example.com"}])),
    change("a summary of a path", put("paths /query/status summary", "The status.")),
    change("another method", rename("paths /query/history get", "delete")),
    change("no operationId", drop("status operationId")),
    change("an operationId in camelCase", put("status operationId", "getQueryStatus")),
    change("one operationId twice", put("status operationId", "get_query_history")),
    change("two tags", put("status tags", ["queries", "status"])),
    change("no tags", drop("status tags")),
    change("a tag of two words", put("status tags", ["my queries"])),
    change("another security scheme", put("status security", [{"key": []}])),
    change("security that may be left out", put("status security -", {})),
    change(
        "a key in the query", put("components securitySchemes bearer", {"type": "apiKey", "in": "query", "name": "k"})
    ),
    change("OAuth", put("components securitySchemes bearer", {"type": "oauth2", "flows": {}})),
    change("basic authentication", put("components securitySchemes bearer scheme", "basic")),
    change("a form of tokens", put("components securitySchemes bearer bearerFormat", "JWT")),
    change("shared links", put("components links", {})),
    change("shared request bodies", put("components requestBodies", {})),
    change("a path that begins without a slash", rename("paths /query/status", "query/status")),
    change("a path parameter that is not declared", rename("paths /query/status", "/query/status/{kind}")),
    change(
        "a path parameter that is not in the path", put("start parameters -", PLAIN | {"in": "path", "required": True})
    ),
    change("a path parameter under another name", put("start parameters 0 name", "output")),
    change("a status without quotes", rename("status responses 404", 404)),
    change("a default response", rename("status responses 500", "default")),
    change("a range of statuses", rename("status responses 500", "5XX")),
    change("a status that is not registered", rename("status responses 500", "520")),
    change("a link", put("responses BadRequest links", {"again": {"operationId": "get_query_status"}})),
    change("a response without a description", drop("responses BadRequest description")),
    change("a media type that nothing reads", put("status responses 200 content application/xml", JSON_TEXT)),
    change("any media type", put("status responses 200 content */*", JSON_TEXT)),
    change("a stream of events", put("status responses 200 content text/event-stream", JSON_TEXT)),
    change("an example beside a reference", put("status responses 400 description", "Wrong.")),
]
PARAMETERS = [
    change("a style that separates by bars", put("status parameters 1 style", "pipeDelimited"), of=(KIND,)),
    change("explode", put("status parameters 1 explode", False), of=(KIND,)),
    change("deepObject", put("status parameters 1 style", "deepObject"), of=(KIND,)),
    *each("status parameters 1", KIND, deprecated=True, allowReserved=True, allowEmptyValue=True, examples={}),
    change("a default of a parameter", put("status parameters 1 schema default", "x"), of=(KIND,)),
    change("a limit of a plain parameter", put("status parameters 1 schema maxLength", 5), of=(KIND,)),
    change(
        "a plain parameter that is a list",
        put("status parameters 1 schema", {"type": "array", "items": {"type": "string"}}),
        of=(KIND,),
    ),
    change(
        "a plain parameter that is an object",
        put("status parameters 1 schema", {"$ref": "#/components/schemas/AccountFilter"}),
        of=(KIND,),
    ),
    change("a plain parameter of any type", put("status parameters 1 schema", {}), of=(KIND,)),
    change("a parameter in a header", put("status parameters -", PLAIN | {"in": "header"})),
    change("a parameter in a cookie", put("status parameters -", PLAIN | {"in": "cookie"})),
    change("a parameter that a generated function needs", put("status parameters -", PLAIN | {"name": "client"})),
    change("a parameter called body", put("status parameters -", PLAIN | {"name": "body"})),
    change("a parameter in camelCase", put("status parameters -", PLAIN | {"name": "rowLimit"})),
    change("one parameter in the path and in the query", put("start parameters -", PLAIN | {"name": "format"})),
    change("a parameter without schema and content", drop("status parameters 0 content")),
    change("a parameter with schema and content", put("status parameters 0 schema", {"type": "string"})),
    change("two media types in a parameter", put("status parameters 0 content application/xml", JSON_TEXT)),
    change("another media type in a parameter", rename("status parameters 0 content application/json", "text/csv")),
    change(
        "a JSON and a form body",
        put(
            "start requestBody content application/x-www-form-urlencoded",
            {"schema": {"$ref": "#/components/schemas/DataQuery"}},
        ),
    ),
    change("a body that is a file", rename("start requestBody content application/json", "application/octet-stream")),
    change("encoding of a body", put("start requestBody content application/json encoding", {})),
    change("a description of a body", put("start requestBody description", "The query.")),
    change("a parameter whose schema has no name", put("status parameters 0 content application/json schema", SECOND)),
    change(
        "a body that is a list",
        put(
            "start requestBody content application/json schema",
            {"type": "array", "items": {"$ref": "#/components/schemas/DataQuery"}},
        ),
    ),
    change(
        "a body that is a text",
        put("start requestBody content application/json schema", {"$ref": "#/components/schemas/ScheduleId"}),
    ),
]
SCHEMAS = [
    *each(
        OPEN,
        title="Condition",
        default="a > 1",
        deprecated=True,
        readOnly=True,
        writeOnly=True,
        nullable=True,
        examples=["a"],
    ),
    *each(
        OPEN,
        const="a",
        format="uuid",
        contentEncoding="base64",
        contentMediaType="text/csv",
        minimum=1,
        xml={},
        example="a",
    ),
    *each(COUNT, multipleOf=10, exclusiveMinimum=0, exclusiveMaximum=9, default=1, maxLength=3),
    *each(LIST, uniqueItems=True, prefixItems=[{"type": "string"}], contains={"type": "string"}, minContains=1),
    *each(
        "DataQuery",
        minProperties=1,
        maxProperties=9,
        propertyNames={},
        patternProperties={},
        unevaluatedProperties=False,
    ),
    *each(
        "DataQuery",
        dependentRequired={"end_date": ["start_date"]},
        additionalProperties=False,
        discriminator={},
        title="Query",
    ),
    *each(
        "DataQuery",
        example={},
        externalDocs={},
        allOf=[],
        **{"not": {}, "if": {}, "$id": "x", "$defs": {}, "x-order": 1},
    ),
    *each("ErrorBody", discriminator={"propertyName": "error"}, title="AnyError", deprecated=True),
    *each("StatusCode", default="RUNNING", **{"x-enum-varnames": ["A"]}),
    *each(
        ANSWER,
        title="Id",
        default="x",
        deprecated=True,
        readOnly=True,
        writeOnly=True,
        format="uuid",
        contentMediaType="text/csv",
    ),
    *each("QueryResult properties run_seconds", multipleOf=0.5, format="float"),
    *each("ResultRows", uniqueItems=True, prefixItems=[{}]),
    *each("headers Retry-After", required=True, deprecated=True, style="simple", explode=False, content={}),
    *each("examples query_running", externalValue="https://example.com/e.json"),
    change("oneOf in an answer", rename("ErrorBody anyOf", "oneOf")),
    change("oneOf in a request", rename("DataQuery properties ds_users anyOf", "oneOf")),
    change("allOf in a request", put(OPEN, {"allOf": [{"type": "string"}]})),
    change("allOf in an answer", put(ANSWER, {"allOf": [{"type": "string"}]})),
    change("a member of any kind in a request", put(OPEN, {})),
    change("a constant without a type in a request", put(OPEN, {"const": "a"})),
    change("a constant without a type in an answer", put(ANSWER, {"const": "a"})),
    change("a member that is true", put(OPEN, True)),
    change("a member of an answer that is true", put(ANSWER, True)),
    change("a list without items", drop("ResultRows items")),
    change("two types in a request", put(f"{OPEN} type", ["string", "null"])),
    change("two types in an answer", put(f"{ANSWER} type", ["string", "integer", "null"])),
    change("a truth in a request", put(OPEN, {"type": "boolean"})),
    change("a fraction in a request", put(OPEN, {"type": "number"})),
    change("a null in a request", put("DataQuery properties ds_users anyOf -", {"type": "null"})),
    change("a type that does not exist", put(f"{OPEN} type", "text")),
    change("a number without an upper bound", drop(f"{COUNT} maximum")),
    change("a number without a lower bound", drop(f"{COUNT} minimum")),
    change("bounds in the wrong order", put(f"{COUNT} minimum", 10**7)),
    change("a bound that is a text", put(f"{COUNT} maximum", "1000")),
    change("a pattern that is searched for", put(f"{OPEN} pattern", "a.*")),
    change("a pattern without an end", put(f"{OPEN} pattern", "^a")),
    change("a pattern that Python does not know", put(f"{OPEN} pattern", "^(a$")),
    change(
        "a request that contains itself",
        put("FieldSelection properties of", {"$ref": "#/components/schemas/FieldSelection"}),
    ),
    change(
        "an answer that contains itself", put("QueryMeta properties of", {"$ref": "#/components/schemas/QueryMeta"})
    ),
    change("a schema that is a reference to itself", put("ScheduleId", {"$ref": "#/components/schemas/ScheduleId"})),
    change(
        "a reference that leads nowhere", put("QueryMeta properties progress", {"$ref": "#/components/schemas/Nowhere"})
    ),
    change("a reference into a schema", put(OPEN, {"$ref": "#/components/schemas/AccountFilter/properties/filter_id"})),
    change("a reference to another file", put(OPEN, {"$ref": "other.yaml#/Filter"})),
    change("a reference to another section", put("status responses 400 $ref", "#/components/schemas/ErrorBody")),
    change("a description beside a reference", put("DataQuery properties schedule_id description", "Its id.")),
    change("a limit beside a reference", put("DataQuery properties schedule_id maxLength", 9)),
    change("a schema that nothing refers to", NODE),
    change("a limit beside alternatives", put("DataQuery properties ds_users maxLength", 9)),
    change(
        "alternatives of one type", put("DataQuery properties ds_users anyOf -", {"type": "string", "maxLength": 3})
    ),
    change(
        "alternatives in alternatives", put("DataQuery properties ds_users anyOf -", {"anyOf": [{"type": "string"}]})
    ),
    change(
        "two lists as alternatives",
        put("DataQuery properties ds_users anyOf -", {"type": "array", "items": {"type": "string"}}),
    ),
    change("values that differ by case", put("OutputFormat enum -", "CSV")),
    change("values that differ by a hyphen", put("OutputFormat enum", ["a-b", "a_b"])),
    change("a value twice", put("OutputFormat enum -", "csv")),
    change("a value that begins with a digit", put("OutputFormat enum -", "7z")),
    change("a value that is empty", put("OutputFormat enum -", "")),
    change("values that are numbers", put("OutputFormat enum", [1, 2])),
    change("a null among values", put("StatusCode enum -", None)),
    change("an enum without a name", put(f"{OPEN} enum", ["a", "b"])),
    change("an object without a name", put("QueryMeta properties licence", SECOND)),
    change("a schema in snake_case", refer("QueryMeta", "query_meta")),
    change("a schema called like a class of Python", refer("QueryMeta", "Any")),
    change("a schema called like a class of the client", refer("QueryMeta", "Response")),
    change("a schema called like a builtin", refer("QueryMeta", "Exception")),
    change("two members that Python spells alike", put("QueryMeta properties requestId", {"type": "string"})),
    change("a member and a type of Python", put("HistoryEntry properties type", {"type": "string"})),
    change("a member called like a method", put("QueryMeta properties to_dict", {"type": "string"})),
    change("a member called like a variable", put("QueryMeta properties cast", {"type": "string"})),
    change(
        "a member for other members",
        put("QueryMeta properties additional_properties", {"type": "object"}),
    ),
    change("a member of a request in camelCase", put("DataQuery properties maxRows", {"type": "string"})),
    change(
        "a member of a request that ends with an underscore", put("DataQuery properties filter_", {"type": "string"})
    ),
    change("a member that is required and not there", put("DataQuery required -", "nothing")),
    change("an open object with members", put("QuerySettings properties", {"no_headers": {"type": "string"}})),
    change("members of one type", put("QuerySettings additionalProperties", {"type": "string"})),
    change("a second secret", put("DataQuery properties token", {"$ref": "#/components/schemas/ApiKey"})),
    change("a key that is not marked", drop("ApiKey writeOnly")),
    change("an example that is a date", put("examples query_queued value", {"day": date(2026, 1, 1)})),
]
REFUSED = [*DOCUMENT, *OPERATIONS, *PARAMETERS, *SCHEMAS]
