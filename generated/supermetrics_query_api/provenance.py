"""Where this package comes from. Written by `make generate`."""

CONTRACT_VERSION = "1.0.0"
CONTRACT_SHA256 = "2c09455ce6557fa72a63de58812f2ea237c54681bcc842bf051181ec375222fd"
GENERATOR = "openapi-python-client 0.29.1"
SERVER_URL = "https://api.supermetrics.com/enterprise/v2"
