"""The contenders: each does every job with the code that its documentation leads to.

`WAITS_IN` is the operation in which it waits for the end of a query.
"""
