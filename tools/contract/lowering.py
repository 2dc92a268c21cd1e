"""Lower `openapi.yaml` to what the generator understands.

The generator silently drops every parameter that is declared by `content`. Such a parameter travels as a
string, so it is given a string schema; `contentMediaType` and `contentSchema` keep what the string holds.

The generator makes a class of every object, even of one that declares no members. Where a request holds such an
object, any mapping will do: the empty schema beside the class lets users write `settings={"no_headers": True}`.

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


def lowered_holder(holder: Document) -> Document:
    """Lower the parameters of a path item or of an operation."""
    if "parameters" not in holder:
        return holder
    return holder | {"parameters": [lowered_parameter(each) for each in holder["parameters"]]}


def lowered_path(item: Document) -> Document:
    return {key: lowered_holder(value) if key in METHODS else value for key, value in lowered_holder(item).items()}


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
    requests = {name: lowered_schema(document, components["schemas"][name]) for name in request_schemas(document)}
    if requests:
        lowered["schemas"] = components["schemas"] | requests
    return lowered


def lower(document: Document) -> Document:
    """Return the document that the generator reads."""
    paths = {path: lowered_path(item) for path, item in document["paths"].items()}
    return document | {"paths": paths, "components": lowered_components(document)}
