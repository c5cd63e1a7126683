"""A process that sends a message, or dies at the point its environment names."""

import sys
from pathlib import Path
from uuid import UUID

from tests.notifications.clinic_lab import Clinic

CLINIC = UUID("00000000-0000-7000-8000-000000000001")
PATIENT = UUID("00000000-0000-7000-8000-000000000002")


def main(folder: str, mail_url: str) -> None:
    """Hear of a booking and tell the patient."""
    clinic = Clinic(Path(folder), clinic_id=CLINIC, mail_url=mail_url)
    clinic.tell(clinic.booking(clinic.register(patient_id=PATIENT), days=1))
    clinic.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
