"""An HTTP service that starts reports, returns their progress and streams their rows."""
