"""Break one rule at a time, and name those whose breach no test notices."""
