"""`kap`: everything one does with the platform from a shell.

A command's module is imported when the command is used, so `kap --help` is quick.
"""

from importlib import import_module

import click

from shared.errors import KapError
from shared.memory import look_rarely

COMMANDS = {
    "up": ("cli.up", "Start the whole platform in this process."),
    "demo": ("cli.demo.command", "Play a day of three clinics and check every step."),
    "test": ("cli.testing", "Run every check and every test."),
    "check": ("cli.testing", "Run lint, types, architecture and manifest checks."),
    "bench": ("cli.testing", "Measure what the platform costs, as ratios."),
    "import": ("cli.importing", "Take data in from outside."),
    "api": ("cli.processes", "Run the API of one service."),
    "worker": ("cli.processes", "Run the worker of one service."),
    "migrate": ("cli.deploy", "Bring databases up to date."),
    "topology": ("cli.deploy", "Declare exchanges and queues on the broker."),
    "keys": ("cli.keys", "Make the keys of a deployment, and put new ones in place."),
    "seed": ("cli.seed", "Fill a deployment with fictional clinics."),
    "token": ("cli.deploy", "Sign a bearer token for a person or a machine."),
    "events": ("cli.events", "Show which events there are and who hears them."),
    "feed": ("cli.mailbox", "Follow the events a service tells."),
    "audit": ("cli.audit", "Show and verify who saw or changed what."),
    "ledger": ("cli.ledger", "Verify the controlled-substance ledgers."),
    "dead": ("cli.mailbox", "List, show and retry what could not be handled."),
    "health": ("cli.processes", "Ask a process on this machine how it is."),
}


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Their names, in the order one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """One of them."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(
            import_module(COMMANDS[name][0]), name.replace("import", "import_")
        )
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """What each is for, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0", prog_name="kap")
def kap() -> None:
    """KAP Network: the platform that ketamine-assisted psychotherapy clinics run on.

    Start with `kap up` and open the address it prints. `kap demo` shows a day of three
    clinics, `kap COMMAND --help` says what a command takes.
    """


def main() -> None:
    """Run a command; what goes wrong is one clear line."""
    look_rarely()
    try:
        kap(prog_name="kap")
    except KapError as error:
        click.echo(f"kap: {error.message}", err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
