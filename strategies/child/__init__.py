"""The child process that runs rules and numbers: its end, its parent's, and what goes between the two."""
