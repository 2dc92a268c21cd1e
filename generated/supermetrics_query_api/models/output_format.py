from enum import StrEnum


class OutputFormat(StrEnum):
    CSV = "csv"
    HTML = "html"
    JSON = "json"
    KEYJSON = "keyjson"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    PBIJSON = "pbijson"
    POWERBI = "powerbi"
    QLIK = "qlik"
    TABLEAU = "tableau"
    TSV = "tsv"

    def __str__(self) -> str:
        return str(self.value)
