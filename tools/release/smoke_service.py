"""Serve the emulator to other processes until it is stopped: `python -I tools/release/smoke_service.py`."""

from supermetrics_query.emulator import Emulator

if __name__ == "__main__":
    service = Emulator(speed=50)
    service.serve(ready=lambda: print(service.url, service.key, flush=True))
