"""An HTTP service that starts reports, tells their progress and streams their rows."""
