"""Judge a finished run by a policy."""
