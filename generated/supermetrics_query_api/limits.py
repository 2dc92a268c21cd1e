"""What may be sent. Written by `make generate`."""

# For each request: the members that it needs.
REQUIRED: dict[str, list[str]] = {
    "QueryStatusRequest": ["schedule_id"],
    "DataQuery": ["ds_id", "fields[].id"],
    "QueryResultsRequest": ["schedule_id"],
    "QueryHistoryRequest": [],
}

# For each request and each member: the kinds of value that it takes, and their limits.
LIMITS: dict[str, dict[str, dict[str, dict[str, int | str]]]] = {
    "QueryStatusRequest": {
        "schedule_id": {"string": {"minLength": 1, "maxLength": 50, "pattern": "^[A-Za-z0-9_-]{1,50}$"}},
        "offset_start": {"integer": {"minimum": 0, "maximum": 1000000}},
        "offset_end": {"integer": {"minimum": 0, "maximum": 1000000}},
    },
    "DataQuery": {
        "ds_id": {"string": {"maxLength": 50}},
        "schedule_id": {"string": {"minLength": 1, "maxLength": 50, "pattern": "^[A-Za-z0-9_-]{1,50}$"}},
        "ds_accounts": {"string": {}, "array": {"maxItems": 100}, "object": {}},
        "ds_accounts[]": {"string": {}},
        "ds_accounts.filter_id": {"string": {"maxLength": 255}},
        "ds_accounts.filter_name": {"string": {"maxLength": 255}},
        "ds_segments": {"string": {}, "array": {"maxItems": 1000}},
        "ds_segments[]": {"string": {}},
        "ds_user": {"string": {"maxLength": 255}},
        "ds_users": {"string": {}, "array": {"maxItems": 100}},
        "ds_users[]": {"string": {}},
        "date_range_type": {"string": {"maxLength": 50}},
        "start_date": {"date": {}, "string": {"maxLength": 100}},
        "end_date": {"date": {}, "string": {"maxLength": 100}},
        "compare_type": {"string": {"maxLength": 50}},
        "compare_show": {"string": {"maxLength": 50}},
        "compare_start_date": {"date": {}, "string": {"maxLength": 100}},
        "compare_end_date": {"date": {}, "string": {"maxLength": 100}},
        "fields": {"string": {"maxLength": 1000}, "array": {"maxItems": 100}},
        "fields[]": {"string": {"maxLength": 100}, "object": {}},
        "fields[].id": {"string": {"maxLength": 100}},
        "settings": {"object": {}},
        "filter": {"string": {"maxLength": 5000}},
        "order_columns": {"string": {"maxLength": 1000}},
        "order_rows": {"string": {"maxLength": 1000}, "array": {"maxItems": 50}},
        "order_rows[]": {"string": {}},
        "max_columns": {"integer": {"minimum": 1, "maximum": 1000}},
        "max_rows": {"integer": {"minimum": 1, "maximum": 1000000}},
        "offset_start": {"integer": {"minimum": 0, "maximum": 1000000}},
        "offset_end": {"integer": {"minimum": 0, "maximum": 1000000}},
        "cache_minutes": {"integer": {"minimum": 0, "maximum": 10080}},
        "sync_timeout": {"integer": {"minimum": 0, "maximum": 3600}},
    },
    "QueryResultsRequest": {
        "schedule_id": {"string": {"minLength": 1, "maxLength": 50, "pattern": "^[A-Za-z0-9_-]{1,50}$"}},
        "offset": {"integer": {"minimum": 0, "maximum": 1000000}},
        "limit": {"integer": {"minimum": 1, "maximum": 100000}},
    },
    "QueryHistoryRequest": {
        "ds_ids": {"string": {}, "array": {}},
        "ds_ids[]": {"string": {}},
        "status_codes": {"array": {}},
        "status_codes[]": {"string": {}},
        "since": {"string": {"maxLength": 100}},
        "until": {"string": {"maxLength": 100}},
        "offset": {"integer": {"minimum": 0, "maximum": 1000000}},
        "limit": {"integer": {"minimum": 1, "maximum": 1000}},
    },
}
