"""The JSON intake takes and gives."""
