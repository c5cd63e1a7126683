"""`kap seed`: fictional clinics, and a few patients in the middle of their day."""

from concurrent.futures import ThreadPoolExecutor

import click

from cli.api_client import DEFAULT_URL, Deployment
from cli.demo import steps
from cli.demo.day import open_clinics, registered
from cli.demo.days import GOOD_IM
from cli.demo.steps import Clinic, Patient

PATIENTS = 4


@click.command()
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The deployment.")
def seed(url: str) -> None:
    """Fill a deployment with fictional clinics, unless it has any."""
    count = seed_once(Deployment(url))
    click.echo(f"{count} clinics" if count else "there are clinics already")


def seed_once(deployment: Deployment) -> int:
    """Seed a deployment that has no clinic; how many were made."""
    network = deployment.development_caller("network_admin")
    if network.get("scheduling", "/clinics")["items"]:
        return 0
    clinics = open_clinics(deployment, "")
    with ThreadPoolExecutor(len(clinics)) as pool:
        list(pool.map(_fill, clinics, range(len(clinics))))
    return len(clinics)


def _fill(clinic: Clinic, number: int) -> None:
    """A filled cabinet, and patients at different points of the day."""
    steps.keep_ledger(clinic)
    for slot in range(PATIENTS):
        patient = registered(clinic, number, slot)
        if slot == 0:
            GOOD_IM.play(clinic, patient, lambda _: None)
        elif slot == 1:
            _under_way(clinic, patient)
        else:
            _ahead(clinic, patient)


def _ahead(clinic: Clinic, patient: Patient) -> None:
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    steps.consent(clinic, patient)
    steps.clear_and_order(clinic, patient)
    steps.prepare(clinic, patient)
    steps.book_dose(clinic, patient)


def _under_way(clinic: Clinic, patient: Patient) -> None:
    """A session that is running, with a few readings to look at."""
    _ahead(clinic, patient)
    steps.dose(clinic, patient)
    for systolic, diastolic, rate in ((138, 86, 82), (146, 90, 88), (141, 88, 84)):
        steps.take_vitals(
            clinic,
            patient,
            systolic_mmhg=systolic,
            diastolic_mmhg=diastolic,
            heart_rate_bpm=rate,
        )
