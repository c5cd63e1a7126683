"""Requests to servers of others: where they may go, and how they are sent."""
