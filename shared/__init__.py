"""What every service is built from, and the events they tell each other."""
