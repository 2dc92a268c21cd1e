"""The input of a contender."""

import os
import urllib.request
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from .jobs import DS_ID, FIRST_DAY, JOBS, Job


@frozen(kw_only=True)
class Task:
    """One job on one service. `memory` is a file that outlives the process."""

    name: str
    url: str
    key: str
    memory: Path

    @property
    def job(self) -> Job:
        """Return the job."""
        return JOBS[self.name]

    @property
    def query(self) -> dict[str, object]:
        """Return the query as the parameters of the API."""
        last = FIRST_DAY + timedelta(days=self.job.rows)
        return {"ds_id": DS_ID, "fields": list(self.job.fields), "start_date": str(FIRST_DAY), "end_date": str(last)}

    @property
    def noted(self) -> str:
        """Return what an earlier run saved, or an empty string."""
        return self.memory.read_text() if self.memory.exists() else ""

    def note(self, text: str) -> None:
        """Save what a later run needs."""
        part = self.memory.with_suffix(".part")
        part.write_text(text)
        part.rename(self.memory)

    def let_it_expire(self) -> None:
        """Advance the clock of the service by more than an hour."""
        origin = self.url.removesuffix("/enterprise/v2")
        data = b'{"seconds": 3601}'
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{origin}/_emulator/advance", data, headers)  # noqa: S310 - loopback
        urllib.request.urlopen(request).close()  # noqa: S310


def from_environment() -> Task:
    """Return the task of this process."""
    given = {name: os.environ[f"COMPARE_{name.upper()}"] for name in ("name", "url", "key")}
    return Task(**given, memory=Path(os.environ["COMPARE_MEMORY"]))
