"""What scheduling's worker does outside of transactions."""
