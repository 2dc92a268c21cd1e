"""Side by side with the official SDK: `make bench`. What is measured and why: docs/performance.md."""
