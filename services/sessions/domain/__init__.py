"""Orders, treatment sessions, alerts and integrations, with their rules."""
