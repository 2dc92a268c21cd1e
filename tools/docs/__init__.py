"""What the documentation draws, lists and links."""
