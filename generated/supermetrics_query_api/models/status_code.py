from enum import StrEnum


class StatusCode(StrEnum):
    FAILURE = "FAILURE"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    STOPPED = "STOPPED"
    SUCCESS = "SUCCESS"

    def __str__(self) -> str:
        return str(self.value)
