"""What scheduling does about each command and each event, by subject."""
