"""Messages, tasks and webhooks: their states and rules, a module for each."""
