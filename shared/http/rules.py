"""Rules of addresses, compiled as far as they are used."""

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule that compiles what builds its address when the first one is built.

    An API has hundreds of rules and hardly builds an address, and what builds it is
    most of what compiling a rule takes.
    """

    def _compile_builder(
        self, append_unknown: bool = True
    ) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        name = "_build_unknown" if append_unknown else "_build"

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            compiled = compile_now(append_unknown).__get__(rule, None)
            setattr(rule, name, compiled)
            address: tuple[str, str] = compiled(**values)
            return address

        return build
