"""A value in a message: short, and without a key."""

from reprlib import Repr

from .._masking import masked


class ShortRepr(Repr):
    """Shows the beginning and the end of a long value, and nothing of what looks like a key."""

    def repr_str(self, x: str, level: int) -> str:
        """Return a text in quotes."""
        return super().repr_str(masked(x), level)

    def repr_instance(self, x: object, level: int) -> str:
        """Return a value of any other class, shortened when no key is left in it that could be cut."""
        try:
            shown = masked(x if isinstance(x, str) else repr(x))
        except Exception:  # noqa: BLE001 - it is of the caller
            return f"<{type(x).__name__}>"
        return self.repr_str(shown, level) if isinstance(x, str) else shortened(shown, self.maxother)


def shortened(text: str, most: int) -> str:
    """Return the beginning and the end of a long text."""
    return text if len(text) <= most else f"{text[: most // 2 - 2]}...{text[len(text) - most // 2 + 1 :]}"


SHORT = ShortRepr()
SHORT.maxstring = SHORT.maxother = 60
SHORT.maxlevel = 2
