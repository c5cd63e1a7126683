"""`kap test`, `kap check`, `kap bench`: what needs the development packages."""

import click


@click.command()
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="Only this group of tests; may be given several times.",
)
@click.argument("pytest_arguments", nargs=-1)
def test(groups: tuple[str, ...], pytest_arguments: tuple[str, ...]) -> None:
    """Run every check and every test, with servers of their own.

    What comes after `--` is given to pytest.
    """
    from cli import checks

    raise SystemExit(checks.test(groups, pytest_arguments))


@click.command()
def check() -> None:
    """Run lint, types, architecture and manifest checks."""
    from cli import checks

    raise SystemExit(checks.check())


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rounds, for a first impression.")
@click.option("--write/--no-write", default=True, help="Write docs/benchmarks.md.")
def bench(quick: bool, write: bool) -> None:
    """Measure what the platform costs, as ratios against a bare floor."""
    from bench.run import run

    raise SystemExit(run(quick=quick, write=write))
