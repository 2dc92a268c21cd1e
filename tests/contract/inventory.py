"""What the contract promises, as a list to compare with what is handled."""

from collections.abc import Iterator

from attrs import fields, frozen

from tools.contract.document import Document, operations

Names = frozenset[str]


@frozen
class Inventory:
    """Names of things that need handling; an error is written `get_query_status 404`."""

    operations: Names = frozenset()
    errors: Names = frozenset()
    status_codes: Names = frozenset()
    error_codes: Names = frozenset()


def documented_errors(document: Document) -> Iterator[str]:
    for operation in operations(document):
        for status in operation.definition["responses"]:
            if not status.startswith("2"):
                yield f"{operation.name} {status}"


def contract_inventory(document: Document) -> Inventory:
    """List every operation, every documented error of each, and every value of the two sets of codes."""
    schemas = document["components"]["schemas"]
    return Inventory(
        operations=frozenset(operation.name for operation in operations(document)),
        errors=frozenset(documented_errors(document)),
        status_codes=frozenset(schemas["StatusCode"]["enum"]),
        error_codes=frozenset(schemas["ErrorCode"]["enum"]),
    )


def unhandled(promised: Inventory, handled: Inventory) -> list[str]:
    """Name what is promised and not handled."""
    return [
        f"{field.name}: {name}"
        for field in fields(Inventory)
        for name in sorted(getattr(promised, field.name) - getattr(handled, field.name))
    ]
