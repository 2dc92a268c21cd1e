"""The stories: how a query is started, waited for and read. A flow yields effects and receives their results."""
