"""People who do not exist: their names say so."""

GIVEN = (
    "Testa",
    "Demo",
    "Sample",
    "Example",
    "Mock",
    "Imagina",
    "Ficta",
    "Nemo",
    "Placeholder",
)
FAMILY = ("Fictional", "Notreal", "Invented")
CLINICS = (
    ("Fictional Harbour Clinic", "America/New_York"),
    ("Invented Prairie Clinic", "America/Chicago"),
    ("Imaginary Coast Clinic", "America/Los_Angeles"),
)


def person(clinic: int, number: int) -> dict[str, str]:
    """A name and a birth date nobody has."""
    return {
        "given_name": GIVEN[number % len(GIVEN)],
        "family_name": FAMILY[clinic % len(FAMILY)],
        "birth_date": f"19{60 + number}-0{1 + clinic}-1{number % 9}",
    }
