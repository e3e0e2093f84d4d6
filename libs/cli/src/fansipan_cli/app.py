"""The commands, put together. A command's module is imported only when it is called: a start stays fast."""

from importlib import import_module
from typing import Final

import typer

_COMMANDS: Final = (
    "agencies",
    "alerts",
    "capacity",
    "demo",
    "devices",
    "replay",
    "dlq",
    "doctor",
    "import",
    "indicators",
    "keys",
    "maintenance",
    "operators",
    "periods",
    "procedures",
    "migrate",
    "retention",
    "topics",
)
_MODULES: Final = {"import": "import_files"}  # a name that Python has taken


def make_app(called: str | None = None) -> typer.Typer:
    """The command line with the command `called`, or with all of them when it is None or unknown."""
    app = typer.Typer(
        name="fansipan",
        help="Set a Fansipan platform up, feed it, look after it.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_group)
    for name in [called] if called in _COMMANDS else _COMMANDS:
        import_module(f"fansipan_cli.commands.{_MODULES.get(name, name)}").register(app)
    return app


def _group() -> None:
    """Set a Fansipan platform up, feed it, look after it."""
