"""What the treatment record does about each command and each event."""
