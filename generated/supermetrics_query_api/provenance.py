"""Where this package comes from. Written by `make generate`."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "499cb35d80c78a97811ca1474eb62a60c7a290c4df0ad5326b561d5f4e03a2c6"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
