"""Decisions without I/O: nothing here opens a socket, sleeps or reads a clock."""
