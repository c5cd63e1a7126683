"""The `kap` command: the one place that knows every service."""
