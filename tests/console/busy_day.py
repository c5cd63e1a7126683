"""The day the pages are looked at for: Wednesday, with one session under way."""

from dataclasses import dataclass
from datetime import timedelta

from shared.access import Role
from tests.console.clinic_day import ClinicDay, Person


@dataclass(kw_only=True)
class BusyDay:
    """What the day's pages are looked at for."""

    day: ClinicDay
    dosed: Person
    session: str
    appointment: str
    at_risk: Person
    screened: Person
    arrived: Person


def busy_day(day: ClinicDay) -> BusyDay:
    """Wednesday, 40 minutes into one session, while others come and wait."""
    testa, sample = (
        day.register("Testa", "Fictional"),
        day.register("Sample", "Invented"),
    )
    demo = day.register("Demo", "Notreal", "1979-11-02")
    mock = day.register("Mock", "Imaginary", "1991-01-30")
    for person, room in ((testa, "River room"), (sample, "Garden room")):
        day.admit(person)
        day.prepare(person, room, "North" if person is testa else "South")
    day.admit(demo, consents=("treatment",))
    wednesday = day.lab.clock() + timedelta(days=2)
    dosing = day.book(testa, "dosing", wednesday, "River room")
    second = day.book(
        sample, "dosing", wednesday + timedelta(hours=2), "Garden room", "South"
    )
    day.book(demo, "dosing", wednesday + timedelta(days=2), "Quiet room")
    talk = day.book(
        mock, "preparation", wednesday + timedelta(hours=1), "Quiet room", "South"
    )
    day.measure(mock, context="intake", each=3)
    day.screen(mock, psychosis_in_family=True)
    talk_again = day.book(
        mock, "preparation", wednesday + timedelta(hours=6), "Quiet room", "South"
    )
    day.staff[Role.FRONT_DESK].post(
        "scheduling",
        f"/appointments/{talk_again}/cancel",
        by="patient",
        reason_code="work",
    )
    for appointment in (dosing, second):
        day.staff[Role.FRONT_DESK].post(
            "scheduling",
            f"/appointments/{appointment}/confirm",
            escort_name="Erin Fictional",
            escort_phone="555 0100",
            fasting_told=True,
        )
    day.wait(days=2)
    _withdraw_consent(day, demo)
    day.arrive(dosing)
    session = day.open_session(testa, dosing)
    day.wait(minutes=6)
    day.dose(session)
    _course(day, session)
    day.arrive(talk, escort=False)
    return BusyDay(
        day=day,
        dosed=testa,
        session=session,
        appointment=dosing,
        at_risk=demo,
        screened=mock,
        arrived=mock,
    )


def _withdraw_consent(day: ClinicDay, person: Person) -> None:
    """Something a dose rests on lapses: the booking is at risk."""
    orders = day.staff[Role.PRESCRIBER].get("sessions", f"/patients/{person.id}/orders")
    day.staff[Role.PRESCRIBER].post(
        "sessions", f"/orders/{orders['items'][0]['id']}/cancel"
    )
    day.lab.settle()


def _course(day: ClinicDay, session: str) -> None:
    """Pressure rises and comes down again, as it does."""
    for minutes, systolic, diastolic, heart, oxygen, awake in (
        (5, 138, 86, 78, 98, 5),
        (10, 152, 92, 88, 97, 4),
        (15, 164, 98, 94, 96, 4),
        (7, 148, 90, 86, 97, 4),
    ):
        day.wait(minutes=minutes)
        day.vitals(
            session,
            systolic_mmhg=systolic,
            diastolic_mmhg=diastolic,
            heart_rate_bpm=heart,
            spo2_percent=oxygen,
            moaas=awake,
        )


def running(day: ClinicDay) -> tuple[Person, str]:
    """A patient in a session that has just begun."""
    person = day.register("Testa", "Fictional")
    day.admit(person)
    day.prepare(person, "River room")
    appointment = day.book(person, "dosing", day.lab.clock(), "Garden room")
    day.arrive(appointment)
    return person, day.open_session(person, appointment)
