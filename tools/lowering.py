"""Lower `openapi.yaml` to what the generator understands.

The generator drops every parameter that is declared by `content` and says nothing. Such a parameter travels as a
string, so it is given a string schema; `contentMediaType` and `contentSchema` keep what the string holds. Nothing else
changes.
"""

from document import METHODS, Document


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


def lower(document: Document) -> Document:
    """Return the document with every content-typed parameter turned into a string."""
    lowered = document | {"paths": {path: lowered_path(item) for path, item in document["paths"].items()}}
    shared = document.get("components", {}).get("parameters")
    if shared:
        parameters = {name: lowered_parameter(each) for name, each in shared.items()}
        lowered["components"] = document["components"] | {"parameters": parameters}
    return lowered
