"""The contenders. Each runs every job with code that follows its documentation.

`WAITS_IN` is the operation in which a contender waits for the end of a query.
"""
