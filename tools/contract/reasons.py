"""Why a keyword is refused, and what to write instead. What is not here is refused for a general reason."""

from collections.abc import Iterator, Mapping

Reason = tuple[str, str]

GENERAL: Reason = (
    "no test proves that it reaches the generated client or the checks of what is sent",
    "remove it, or support it and prove it: see 'What may stand in the contract' in CONTRIBUTING.md",
)
WRITTEN = "a query parameter is always written as `name=value`, with the name repeated for each item of a list"
CHECKS = "nothing in the client checks it"

# Each row is about several keywords, or about a keyword in objects of one kind.
ROWS: Mapping[tuple[str, ...], Reason] = {
    ("style", "explode", "allowReserved", "allowEmptyValue"): (WRITTEN, "remove it, or send the value as JSON content"),
    ("default",): (
        "the generator sends the default of a parameter with every request and ignores that of a member",
        "say in the description what the API does when it is absent",
    ),
    ("title",): ("it renames the generated class", "name the schema under components/schemas"),
    ("info title",): GENERAL,
    ("deprecated",): ("the generated code warns nobody", "say it in the description"),
    ("discriminator",): (
        "the generator takes the first alternative that can be read",
        "let the alternatives differ by their required members",
    ),
    ("oneOf",): ("it is read as `anyOf`: nothing sees that two alternatives fit", "write `anyOf`"),
    ("allOf",): (
        "the generator merges the parts, and the checks of what is sent do not know them",
        "write the members into one schema",
    ),
    ("const",): (
        "the generator gives it no name and the checks do not know it",
        "write a named schema with an `enum` of one value",
    ),
    ("not", "if", "then", "else", "dependentSchemas", "dependentRequired"): (
        CHECKS,
        "say the condition in the description",
    ),
    ("patternProperties", "propertyNames", "unevaluatedProperties", "minProperties", "maxProperties"): (
        CHECKS,
        "list the members under `properties`; objects are open, so others may come",
    ),
    ("prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems", "additionalItems"): (
        "the generator reads all items of a list alike",
        "describe every item by `items`",
    ),
    ("uniqueItems", "multipleOf"): (CHECKS, "say it in the description"),
    ("exclusiveMinimum", "exclusiveMaximum"): (CHECKS, "write `minimum` or `maximum`"),
    ("readOnly",): (
        "the generated class has the member in both directions",
        "use one schema for what is sent and another for what is answered",
    ),
    ("writeOnly",): (
        "only a key is left out of what is shown",
        "write `format: password` if it is a secret; otherwise remove it",
    ),
    ("nullable",): ("it belongs to OpenAPI 3.0", "write `type: [string, 'null']` or `anyOf` with `type: 'null'`"),
    ("content",): ("the overlay reads a header as plain text", "write `schema`"),
    ("contentEncoding", "contentSchema", "contentMediaType"): (
        "the generator decodes nothing inside a text",
        "say it in the description",
    ),
    ("example", "examples"): (
        "no test compares an example that stands here with its schema",
        "write it under components/examples and refer to it where the schema travels",
    ),
    ("externalValue",): ("no test can read it", "write `value`"),
    ("webhooks", "callbacks", "links"): (
        "nothing is generated from it",
        "describe it in the description of the operation",
    ),
    ("document security",): ("the generator reads `security` of each operation only", "write it into each operation"),
    ("path servers", "operation servers", "variables"): (
        "the client has one address, from /servers/0/url; nothing fills in a variable",
        "remove it, and write the whole address",
    ),
    ("path summary", "path description"): (
        "the generator reads those of the operations only",
        "write it into each operation",
    ),
    ("put", "delete", "options", "head", "patch", "trace"): (
        "the overlay sends, and sends again, only what it knows of GET and POST",
        "decide in the overlay whether it may be repeated, then permit the method in tools/contract/permitted.py",
    ),
    ("encoding",): ("only whole JSON bodies are sent", "remove it"),
    ("bearerFormat", "flows", "openIdConnectUrl"): (
        "the client sends whatever token it is given",
        "say it in the description",
    ),
    ("requestBodies", "pathItems"): ("the generator does not read shared ones", "write it where it is used"),
    ("header required", "header deprecated", "header style", "header explode"): (
        "the overlay reads a header as plain text, where it is there",
        "say it in the description",
    ),
    ("sent object additionalProperties", "answered object additionalProperties"): (
        "objects are open: members that are not listed are kept as they come",
        "remove it, or write `true` where no members are listed",
    ),
    ("xml",): ("only JSON is read", "remove it"),
    ("$defs", "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$schema"): (
        "the generator finds schemas only under components/schemas",
        "write the schema there",
    ),
    ("enum",): (
        "the generated enum would take its name from the place",
        "write the enum as a schema of its own under components/schemas",
    ),
}


def rows() -> Iterator[tuple[str, Reason]]:
    for words, reason in ROWS.items():
        for word in words:
            yield word, reason


REASONS = dict(rows())


def reason(kind: str, keyword: str) -> Reason:
    """Return why a keyword may not stand in an object of a kind, and what to do."""
    return REASONS.get(f"{kind} {keyword}", REASONS.get(keyword, GENERAL))
