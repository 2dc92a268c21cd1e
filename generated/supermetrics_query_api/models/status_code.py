from enum import StrEnum


class StatusCode(StrEnum):
    FAILURE = "FAILURE"
    PROCESS_EXITED = "PROCESS_EXITED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    STOPPED = "STOPPED"
    SUCCESS = "SUCCESS"

    def __str__(self) -> str:
        return str(self.value)
