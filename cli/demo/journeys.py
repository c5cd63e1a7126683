"""Journeys to a dose and back: what goes well, and everything that does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from cli.demo import steps
from cli.demo.steps import Clinic, Patient, refused

Note = Callable[[str], None]


def _until_booked(
    clinic: Clinic,
    patient: Patient,
    note: Note,
    *,
    route: str = "im",
    dose_mg: float = 60.0,
) -> dict[str, str]:
    """From screening to a booked dose, as it should be; the consents' ids."""
    steps.screen(clinic, patient)
    note("screened")
    steps.decide(clinic, patient, "eligible")
    note("eligible")
    signed = steps.consent(clinic, patient)
    note("consented")
    steps.clear_and_order(clinic, patient, route=route, dose_mg=dose_mg)
    note("ordered")
    steps.prepare(clinic, patient)
    note("prepared")
    steps.book_dose(clinic, patient)
    note("booked")
    return signed


def _from_dose_on(clinic: Clinic, patient: Patient, note: Note) -> None:
    note("dosed")
    steps.recover_and_leave(clinic, patient)
    note("discharged and signed")
    steps.integrate(clinic, patient)
    clinic.until(
        lambda: steps.is_charted(clinic, patient), "the dose is beside the answers"
    )
    note("integrated")


def good(route: str, dose_mg: float) -> Callable[[Clinic, Patient, Note], None]:
    """A dose by a route, from the screening to the integration."""

    def play(clinic: Clinic, patient: Patient, note: Note) -> None:
        _until_booked(clinic, patient, note, route=route, dose_mg=dose_mg)
        steps.dose(clinic, patient, dose_mg=dose_mg)
        _write(clinic, patient, line_removed=True if route == "iv" else None)
        note("note signed and amended")
        _from_dose_on(clinic, patient, note)
        if route == "esketamine_nasal":
            steps.submit_rems_form(clinic, patient)
            note("REMS form submitted")

    return play


def sprayed(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Two devices are ordered; after one, the other has to wait, and is not given."""
    dose_mg = 2 * steps.DEVICE_MG
    _until_booked(clinic, patient, note, route="esketamine_nasal", dose_mg=dose_mg)
    steps.dose(clinic, patient, dose_mg=steps.DEVICE_MG)
    refused(
        "too_soon_after_device",
        lambda: steps.give(clinic, patient, dose_mg=steps.DEVICE_MG),
    )
    _from_dose_on(clinic, patient, note)


def _write(clinic: Clinic, patient: Patient, **more: Any) -> None:
    """A note is signed; what comes to mind later stands beside it."""
    signed = steps.write_note(clinic, patient, **steps.RECOVERY, **more)
    steps.amend_note(clinic, signed["id"], "It was twenty minutes.")
    (read,) = steps.notes_of(clinic, patient)["items"]
    if not read["signature_holds"] or len(read["addenda"]) != 1:
        raise AssertionError("an addendum changed what was signed")


def ineligible(clinic: Clinic, patient: Patient, note: Note) -> None:
    """An absolute contraindication: nobody can override it."""
    steps.screen(clinic, patient, aneurysmal_disease=True)
    note("screened")
    refused(
        "absolute_contraindication",
        lambda: steps.decide(
            clinic, patient, "eligible", override_reason="please make an exception"
        ),
    )
    note("eligible refused")
    steps.decide(clinic, patient, "ineligible", reason_codes=["cardiovascular"])
    note("ineligible")


def consent_withdrawn(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Consent is taken back: the booked dose is given back within seconds."""
    signed = _until_booked(clinic, patient, note)
    clinic.therapist.post("intake", f"/consents/{signed['treatment']}/withdraw")
    note("consent withdrawn")
    clinic.until(lambda: status(clinic, patient) == "released", "the dose is released")
    note("dose released")


def left_treatment(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Treatment pauses, which gives the dose back, and is then given up."""
    _until_booked(clinic, patient, note)
    path = f"/episodes/{patient.episode_id}"
    clinic.prescriber.post("intake", f"{path}/pause", reason_code="illness")
    note("paused")
    # On its own day a dose at risk is past its cut-off, and given back at once.
    clinic.until(lambda: status(clinic, patient) == "released", "the dose is released")
    note("dose released")
    ended = clinic.prescriber.post(
        "intake", f"{path}/end", outcome="withdrawn", reason_code="patient_asked"
    )
    if ended["status"] != "withdrawn" or ended["eligible_until"] is not None:
        raise AssertionError("a patient who left may still be treated")
    note("withdrawn")


def escort_missing(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Nobody is there to take the patient home: no dose is authorised."""
    _until_booked(clinic, patient, note)
    steps.arrive(clinic, patient, escort=False)
    steps.open_session(clinic, patient)
    steps.take_vitals(clinic, patient)
    held = steps.precheck(clinic, patient)
    if held["outcome"] != "hold":
        raise AssertionError("a patient without an escort was not held")
    note("held: no escort")
    error = refused_any(
        lambda: steps.authorise(clinic, patient, override_reason="it will be fine")
    )
    note(f"authorisation refused: {error}")
    clinic.prescriber.post(
        "sessions",
        f"/sessions/{patient.session_id}/abort",
        reason_code="escort_missing",
    )
    note("session ended")


def held_on_blood_pressure(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Amber before the dose: rest, recheck, go."""
    _until_booked(clinic, patient, note)
    steps.arrive(clinic, patient)
    steps.open_session(clinic, patient)
    steps.take_vitals(clinic, patient, systolic_mmhg=152, diastolic_mmhg=96)
    steps.wait_for_facts_of_the_day(clinic, patient)
    if steps.precheck(clinic, patient)["outcome"] != "hold":
        raise AssertionError("an amber blood pressure did not hold the dose")
    note("held: blood pressure")
    steps.take_vitals(clinic, patient, systolic_mmhg=136, diastolic_mmhg=86)
    if steps.precheck(clinic, patient)["outcome"] != "go":
        raise AssertionError("the recheck did not let the dose go on")
    note("recheck: go")
    steps.authorise(clinic, patient)
    steps.give(clinic, patient)
    _from_dose_on(clinic, patient, note)


def stopped_on_blood_pressure(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Red before the dose: no dose that day, whoever asks."""
    _until_booked(clinic, patient, note)
    steps.arrive(clinic, patient)
    steps.open_session(clinic, patient)
    raised = steps.take_vitals(clinic, patient, systolic_mmhg=188, diastolic_mmhg=114)
    if steps.precheck(clinic, patient)["outcome"] != "stop":
        raise AssertionError("a red blood pressure did not stop the dose")
    note("stopped: blood pressure")
    refused(
        "dose_stopped",
        lambda: steps.authorise(clinic, patient, override_reason="it will settle"),
    )
    if raised["alert_id"]:
        _acknowledge(clinic, raised["alert_id"])
    clinic.prescriber.post(
        "sessions",
        f"/sessions/{patient.session_id}/abort",
        reason_code="vital_signs",
    )
    note("session ended")


def red_vital(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A red reading under way: nobody answers at first, the alert escalates."""
    _until_booked(clinic, patient, note)
    steps.dose(clinic, patient)
    red = steps.take_vitals(clinic, patient, systolic_mmhg=192, diastolic_mmhg=116)
    if red["status"] != "red" or not red["alert_id"]:
        raise AssertionError("a red reading raised no alert")
    note("red vital: alert raised")
    alert_id = red["alert_id"]
    clinic.until(lambda: bool(tasks(clinic, alert_id)), "the alert is on the worklist")
    note("on the worklist")
    clinic.until(
        lambda: any(task["level"] > 0 for task in tasks(clinic, alert_id)),
        "the alert has escalated",
    )
    note("escalated")
    _acknowledge(clinic, alert_id)
    clinic.until(
        lambda: not tasks(clinic, alert_id), "the worklist no longer asks for it"
    )
    note("acknowledged")
    steps.take_vitals(clinic, patient, systolic_mmhg=150, diastolic_mmhg=92)
    if _alert(clinic, patient, alert_id)["resolution"] != "settled":
        raise AssertionError("a recheck that was not red did not resolve the alert")
    _review(clinic, patient)
    note("adverse event reviewed")
    _from_dose_on(clinic, patient, note)


def _review(clinic: Clinic, patient: Patient) -> None:
    """A grave adverse event: no further dose until a prescriber has looked at it."""
    event_id = steps.record_adverse_event(clinic, patient)["id"]
    refused(
        "not_ready",
        lambda: steps.authorise(clinic, patient, override_reason="it has settled"),
    )
    clinic.until(
        lambda: (
            {task["role"] for task in tasks(clinic, event_id)}
            == {"prescriber", "medical_lead"}
        ),
        "the prescriber and the medical lead are told",
    )
    steps.review_adverse_event(clinic, event_id)
    clinic.until(
        lambda: all(task["role"] != "prescriber" for task in tasks(clinic, event_id)),
        "the worklist no longer asks for a review",
    )


def no_show(clinic: Clinic, patient: Patient, note: Note) -> None:
    """The patient does not come; reminders are taken back, somebody calls."""
    patient.earlier = timedelta(minutes=14)
    _until_booked(clinic, patient, note)
    clinic.desk.post("scheduling", f"/appointments/{patient.appointment_id}/no-show")
    note("no-show")
    clinic.until(
        lambda: bool(tasks(clinic, patient.appointment_id)),
        "somebody is asked to call",
    )
    note("call on the worklist")


def late_cancel(clinic: Clinic, patient: Patient, note: Note) -> None:
    """The patient calls off shortly before; planned messages are taken back."""
    _until_booked(clinic, patient, note)
    body = {"by": "patient", "reason_code": "illness"}
    path = f"/appointments/{patient.appointment_id}/cancel"
    clinic.desk.post("scheduling", path, **body)
    note("cancelled late")
    refused("wrong_state", lambda: clinic.desk.post("scheduling", path, **body))
    note("second cancel refused")


def asked_twice(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A request is repeated, and a room is wanted twice."""
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    key = str(uuid4())
    path = f"/episodes/{patient.episode_id}/consents"
    body = steps.signature("treatment", patient)
    first = clinic.therapist.post("intake", path, key=key, **body)
    second = clinic.therapist.post("intake", path, key=key, **body)
    if first["id"] != second["id"]:
        raise AssertionError("a repeated request made a second consent")
    note("asked twice, done once")
    steps.consent(clinic, patient)
    steps.clear_and_order(clinic, patient)
    steps.prepare(clinic, patient)
    steps.book_dose(clinic, patient)
    note("booked")
    starts_at = steps.start_of(clinic, patient)
    refused(
        "double_booked",
        lambda: steps.book(
            clinic, patient, "integration", starts_at=starts_at, minutes=30
        ),
    )
    note("double booking refused")
    steps.dose(clinic, patient)
    _from_dose_on(clinic, patient, note)


def refused_any(call: Callable[[], object]) -> str:
    """The code a request is refused with.

    Raises:
        AssertionError: it is accepted.
    """
    from cli.api_client import RefusedError

    try:
        call()
    except RefusedError as error:
        return str(error.code)
    raise AssertionError("what must be refused was accepted")


def status(clinic: Clinic, patient: Patient) -> str:
    """What has become of the patient's dose."""
    path = f"/appointments/{patient.appointment_id}"
    status: str = clinic.desk.get("scheduling", path)["status"]
    return status


def tasks(clinic: Clinic, source_id: str) -> list[dict[str, Any]]:
    """What of the worklist is about something."""
    rows = clinic.admin.get("notifications", "/tasks", status="open")["items"]
    return [row for row in rows if row["source_id"] == source_id]


def _alert(clinic: Clinic, patient: Patient, alert_id: str) -> dict[str, str]:
    chart = clinic.monitor.get("sessions", f"/sessions/{patient.session_id}")
    found: dict[str, str] = next(
        one for one in chart["alerts"] if one["id"] == alert_id
    )
    return found


def _acknowledge(clinic: Clinic, alert_id: str) -> None:
    clinic.prescriber.post("sessions", f"/alerts/{alert_id}/acknowledge")
