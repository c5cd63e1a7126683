"""`kap import referrals`: the command line of an import."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import click

EXIT_STOPPED = 1
EXIT_UNREADABLE = 2


def _address(_: click.Context, __: click.Parameter, value: str) -> str:
    import httpx

    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise click.BadParameter(str(error)) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise click.BadParameter("an address like http://127.0.0.1:8080 is expected")
    return value


def _token(_: click.Context, __: click.Parameter, value: str) -> str:
    if not value.isascii() or not value.isprintable() or not value.strip():
        raise click.BadParameter("not a bearer token")
    return value.strip()


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--clinic", type=click.UUID, required=True, help="The clinic's id.")
@click.option(
    "--url",
    default="http://127.0.0.1:8080",
    show_default=True,
    callback=_address,
    help="Where the services answer.",
)
@click.option(
    "--token",
    envvar="KAP_TOKEN",
    show_envvar=True,
    required=True,
    callback=_token,
    help="A bearer token with the right to add referrals.",
)
@click.option(
    "--result",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What became of each row, as CSV.  [default: FILE.result.csv]",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["fhir", "csv"]),
    help="What FILE is; without it, its content decides.",
)
def referrals(
    file: Path,
    clinic: UUID,
    url: str,
    token: str,
    result: Path | None,
    file_format: str | None,
) -> None:
    """Import the referrals in FILE, a FHIR R4 Bundle (JSON) or a CSV table.

    Running it twice adds nothing twice. The exit code is 0 if every row was handled,
    refused ones included, 1 if the service could not be reached or refused the token,
    and 2 if FILE could not be read to its end.
    """
    import httpx

    from cli.referrals.load import import_referrals
    from cli.referrals.result import default_result

    result = result or default_result(file)
    headers = {"Authorization": f"Bearer {token}"}
    timeout = httpx.Timeout(30.0, connect=5.0)
    with (
        _told_errors(result),
        httpx.Client(base_url=url, headers=headers, timeout=timeout) as client,
        _progress_bar() as progress,
    ):
        report = import_referrals(
            file,
            clinic_id=clinic,
            client=client,
            result=result,
            file_format=file_format,
            progress=progress,
        )
    click.echo(str(report))
    if report.broken:
        _stop(report.broken, EXIT_UNREADABLE)


@contextmanager
def _told_errors(result: Path) -> Iterator[None]:
    """Ends the command with one line and an exit code where an import cannot go on."""
    from cli.referrals.result import part_of
    from shared.errors import InvalidError, KapError

    try:
        yield
    except InvalidError as error:
        _stop(error.message, EXIT_UNREADABLE)
    except KapError as error:
        if part_of(result).exists():
            _say(f"done so far: {part_of(result)}; run the same command to go on")
        _stop(error.message, EXIT_STOPPED)
    except OSError as error:
        _stop(f"{error.filename or result}: {error.strerror}", EXIT_UNREADABLE)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _stop(message: str, exit_code: int) -> NoReturn:
    _say(f"kap: {message}")
    sys.exit(exit_code)


@contextmanager
def _progress_bar() -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error; nothing where nobody is looking."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("Referrals", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
