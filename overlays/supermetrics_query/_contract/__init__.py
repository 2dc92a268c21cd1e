"""What the wire means: what may be sent, and what comes back. Nothing here sends, waits or remembers."""
