"""The JSON scheduling takes and gives."""
