"""One package per service, all alike inside; none imports another."""
