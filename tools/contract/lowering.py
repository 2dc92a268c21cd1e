"""Lower `openapi.yaml` to what the generator understands.

The generator silently drops every parameter that is declared by `content`. Such a parameter travels as a
string, so it is given a string schema; `contentMediaType` and `contentSchema` keep what the string holds.

The generator makes a class of every object, even of one that declares no members. Where a request holds such an
object, any mapping will do: the empty schema beside the class lets users write `settings={"no_headers": True}`.

The generator reads a response as the first of its media types, whatever arrives. Where several of them are JSON, their
schemas become one choice. It takes the first that fits, so one without required members, which fits all, stands last.

Nothing else changes.
"""

from tools.contract.document import METHODS, Document, request_schemas, resolved


def lowered_parameter(parameter: Document) -> Document:
    if "content" not in parameter:
        return parameter
    ((media_type, content),) = parameter["content"].items()
    kept = {key: value for key, value in parameter.items() if key != "content"}
    schema = {"type": "string", "contentMediaType": media_type, "contentSchema": content["schema"]}
    return kept | {"schema": schema}


def is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def alternatives(document: Document, schema: Document) -> list[Document]:
    """Return what a schema stands for: itself, or each of its choices, by its reference."""
    choices = resolved(document, schema).get("anyOf")
    return [each for choice in choices for each in alternatives(document, choice)] if choices else [schema]


def lowered_response(document: Document, response: Document) -> Document:
    """Offer the schemas of all JSON media types as those of the first one."""
    content = response.get("content", {})
    forms = [media_type for media_type in content if is_json(media_type)]
    if len(forms) < 2:
        return response
    found = [each for form in forms for each in alternatives(document, content[form]["schema"])]
    found.sort(key=lambda each: "required" not in resolved(document, each))
    others = {media_type: each for media_type, each in content.items() if media_type not in forms}
    return response | {"content": {forms[0]: {"schema": {"anyOf": found}}} | others}


def lowered_holder(document: Document, holder: Document) -> Document:
    """Lower the parameters of a path item or of an operation, and the responses of an operation."""
    lowered = dict(holder)
    if "parameters" in holder:
        lowered["parameters"] = [lowered_parameter(each) for each in holder["parameters"]]
    if "responses" in holder:
        lowered["responses"] = lowered_responses(document, holder["responses"])
    return lowered


def lowered_responses(document: Document, responses: Document) -> Document:
    return {name: lowered_response(document, each) for name, each in responses.items()}


def lowered_path(document: Document, item: Document) -> Document:
    lowered = lowered_holder(document, item)
    return {key: lowered_holder(document, each) if key in METHODS else each for key, each in lowered.items()}


def lowered_member(document: Document, member: Document) -> Document:
    """Allow any mapping for an object that declares no members."""
    target = resolved(document, member)
    if "$ref" not in member or target.get("type") != "object" or target.get("properties"):
        return member
    return {"description": target.get("description", ""), "anyOf": [member, {}]}


def lowered_schema(document: Document, schema: Document) -> Document:
    members = {name: lowered_member(document, member) for name, member in schema.get("properties", {}).items()}
    return schema | {"properties": members} if members else schema


def lowered_components(document: Document) -> Document:
    components: Document = document.get("components", {})
    lowered = dict(components)
    if "parameters" in components:
        lowered["parameters"] = {name: lowered_parameter(each) for name, each in components["parameters"].items()}
    if "responses" in components:
        lowered["responses"] = lowered_responses(document, components["responses"])
    requests = {name: lowered_schema(document, components["schemas"][name]) for name in request_schemas(document)}
    if requests:
        lowered["schemas"] = components["schemas"] | requests
    return lowered


def lower(document: Document) -> Document:
    """Return the document that the generator reads."""
    paths = {path: lowered_path(document, item) for path, item in document["paths"].items()}
    return document | {"paths": paths, "components": lowered_components(document)}
