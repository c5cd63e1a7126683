"""Very many rows of a table, made by the database itself."""


def ascending_id(prefix: str, number: str = "n") -> str:
    """SQL for an id that ascends with a number."""
    digits = f"lpad(to_hex({number}), 12, '0')"
    return f"('{prefix}-0000-7000-8000-' || {digits})::uuid"
