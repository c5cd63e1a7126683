"""What the ledger does about each command; who adds an entry holds the registration."""
