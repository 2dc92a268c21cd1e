"""What may stand in the contract: for each kind of object its keywords, what they hold, and what proves each.

A kind is a row of `PERMITTED`. Under a test stand the keywords that it proves to reach the generated code, the checks
of what is sent, or the people who read the contract. Whatever is not here is refused, whoever would understand it.

A keyword holds an object of another kind, a `list of` one, a `map of` one, or a plain value, whose rule is in `values`.
The kind of a schema is its type, and whether it is `sent`, `answered`, or a `plain` parameter that is no JSON.
"""

from collections.abc import Mapping
from itertools import chain

from attrs import frozen

T = "tests/contract/"
# The generated code differs without it, which `make generate` shows and these tests compare.
ARGUMENTS = f"{T}test_signatures.py::test_every_declared_parameter_reaches_the_generated_function"
CODE = f"{T}test_proof.py::test_a_change_of_what_is_permitted_reaches_the_generated_code"
LOWERED = f"{T}test_lowering.py::test_no_parameter_declared_by_content_is_left"
ORIGIN = f"{T}test_provenance.py::test_the_server_is_the_first_one_of_the_contract"
VERSION = f"{T}test_provenance.py::test_the_version_is_that_of_the_contract"
TAGS = f"{T}test_house_rules.py::test_every_tag_is_declared"
# The overlay checks what is sent.
CHECKED = f"{T}test_limits.py::test_every_limit_of_the_contract_is_there_and_no_other"
NEEDED = f"{T}test_proof.py::test_a_change_of_what_may_be_sent_reaches_the_checks"
OPEN = f"{T}test_queries.py::test_members_that_the_contract_does_not_know_pass"
HIDDEN = "tests/hostile/test_pasted_secrets.py::test_no_model_shows_a_key"
BEARER = f"{T}test_house_rules.py::test_every_operation_takes_a_bearer_token"
# The overlay reads what is answered; a limit of an answer refuses nothing.
ANSWERED = f"{T}test_contract_coverage.py::test_every_documented_error_becomes_its_exception"
HEADERS = f"{T}test_house_rules.py::test_every_error_carries_its_headers"
MEDIA = f"{T}test_permitted.py::test_every_media_type_stands_where_it_is_read"
FILES = f"{T}test_examples.py::test_everything_that_travels_has_an_example"
OBEYED = f"{T}test_examples.py::test_every_example_obeys_its_schema"
WIDTH = f"{T}test_permitted.py::test_a_width_promises_no_more_than_its_bounds"
# People read it.
SHOWN = f"{T}test_permitted.py::test_the_reference_shows_every_text"

TEXTS = {"description": "text"}
LENGTHS = {"minLength": "count", "maxLength": "count", "pattern": "pattern"}
SPAN = {"minimum": "whole", "maximum": "whole"}
SIZE = {"minItems": "count", "maxItems": "count"}

PERMITTED: dict[str, dict[str, dict[str, str]]] = {
    "document": {
        CODE: {"openapi": "version 3.1", "info": "info", "paths": "map of path", "components": "components"},
        ORIGIN: {"servers": "list of server"},
        TAGS: {"tags": "list of tag"},
    },
    "info": {
        VERSION: {"version": "version"},
        CODE: {"title": "text"},
        SHOWN: {"summary": "text", "license": "license"} | TEXTS,
    },
    "license": {SHOWN: {"name": "text", "identifier": "text"}},
    "server": {ORIGIN: {"url": "address"}, SHOWN: TEXTS},
    "tag": {TAGS: {"name": "name"}, SHOWN: TEXTS},
    "path": {CODE: {"get": "operation", "post": "operation"}, LOWERED: {"parameters": "list of parameter"}},
    "operation": {
        ARGUMENTS: {"operationId": "name", "tags": "one name"}
        | {"parameters": "list of parameter", "requestBody": "body"},
        CODE: {"summary": "text"} | TEXTS,
        BEARER: {"security": "bearer"},
        ANSWERED: {"responses": "map of response"},
    },
    "parameter": {
        ARGUMENTS: {"name": "name", "in": "path or query"},
        CODE: {"required": "flag", "schema": "plain"},
        SHOWN: TEXTS,
        LOWERED: {"content": "map of request"},
        OBEYED: {"example": "json"},
    },
    "body": {CODE: {"required": "flag"}, ARGUMENTS: {"content": "map of request"}},
    "request": {CHECKED: {"schema": "sent"}, OBEYED: {"examples": "map of example"}},
    "response": {SHOWN: TEXTS, HEADERS: {"headers": "map of header"}, MEDIA: {"content": "map of answer"}},
    "answer": {CODE: {"schema": "answered"}, OBEYED: {"examples": "map of example"}},
    "header": {SHOWN: TEXTS, OBEYED: {"schema": "answered", "example": "json"}},
    "example": {SHOWN: {"summary": "text"}, OBEYED: {"value": "json"}},
    "components": {
        BEARER: {"securitySchemes": "map of scheme"},
        CODE: {"schemas": "map of json", "responses": "map of json"},
        HEADERS: {"headers": "map of json"},
        OBEYED: {"examples": "map of json"},
        LOWERED: {"parameters": "map of json"},
    },
    "scheme": {BEARER: {"type": "http", "scheme": "bearer scheme"}, SHOWN: TEXTS},
    "plain string": {CODE: {"type": "type", "enum": "values"} | TEXTS},
    "plain integer": {CODE: {"type": "type"}},
    "plain boolean": {CODE: {"type": "type"}},
    "sent object": {
        CODE: {"type": "type", "properties": "map of sent"} | TEXTS,
        NEEDED: {"required": "names"},
        OPEN: {"additionalProperties": "true"},
    },
    "sent array": {CHECKED: SIZE, NEEDED: {"type": "type", "items": "sent"}, CODE: TEXTS},
    "sent string": {CHECKED: LENGTHS, NEEDED: {"type": "type", "format": "date"}, CODE: {"enum": "values"} | TEXTS},
    "sent secret": {
        CHECKED: LENGTHS,
        HIDDEN: {"format": "password", "writeOnly": "true", "deprecated": "true"},
        CODE: {"type": "type"} | TEXTS,
    },
    "sent integer": {CHECKED: SPAN, NEEDED: {"type": "type"}, WIDTH: {"format": "width"}, CODE: TEXTS},
    "sent choice": {NEEDED: {"anyOf": "list of sent"}, CODE: TEXTS},
    "answered object": {
        CODE: {"type": "type", "properties": "map of answered", "required": "names"} | TEXTS,
        OPEN: {"additionalProperties": "true"},
    },
    "answered array": {CODE: {"type": "type", "items": "answered"} | TEXTS, OBEYED: SIZE},
    "answered string": {CODE: {"type": "type", "enum": "values", "format": "format"} | TEXTS, OBEYED: LENGTHS},
    "answered integer": {CODE: {"type": "type"} | TEXTS, OBEYED: SPAN, WIDTH: {"format": "width"}},
    "answered number": {CODE: {"type": "type"} | TEXTS, OBEYED: dict.fromkeys(SPAN, "number")},
    "answered boolean": {CODE: {"type": "type"} | TEXTS},
    "answered null": {CODE: {"type": "type"}},
    "answered choice": {CODE: {"anyOf": "list of answered"} | TEXTS},
    "answered anything": {CODE: TEXTS, FILES: {"contentMediaType": "media type"}},
}  # fmt: skip

# Without these there is nothing to generate from.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "document": ("openapi", "info", "servers", "tags", "paths", "components"),
    "info": ("title", "version"),
    "server": ("url",),
    "tag": ("name",),
    "operation": ("operationId", "tags", "security", "responses"),
    "parameter": ("name", "in"),
    "body": ("content",),
    "request": ("schema",),
    "response": ("description",),
    "answer": ("schema",),
    "header": ("schema",),
    "example": ("value",),
    "scheme": ("type", "scheme"),
    "sent array": ("items",),
    "sent secret": ("writeOnly", "deprecated"),
    "sent integer": ("minimum", "maximum"),
    "answered array": ("items",),
}

# Where each kind may be kept under `components`, to be referred to. Nothing else may be a reference.
SECTIONS = {
    "parameter": "parameters",
    "response": "responses",
    "header": "headers",
    "example": "examples",
} | dict.fromkeys(("sent", "answered", "plain"), "schemas")


@frozen
class Keyword:
    """What a keyword holds, and the test that proves that it is not lost."""

    holds: str
    proof: str


def keywords(kind: str) -> dict[str, Keyword]:
    """Return what may stand in objects of a kind."""
    rows = PERMITTED[kind].items()
    return {word: Keyword(holds, proof) for proof, words in rows for word, holds in words.items()}


KEYWORDS: Mapping[str, Mapping[str, Keyword]] = {kind: keywords(kind) for kind in PERMITTED}
PROOFS = frozenset(chain.from_iterable(PERMITTED.values()))
