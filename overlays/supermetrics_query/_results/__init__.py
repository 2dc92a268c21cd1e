"""What a result becomes: rows, tables, and bytes in a file. Nothing here asks for more of it."""
