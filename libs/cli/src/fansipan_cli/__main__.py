"""Entry point: runs the command; an error is one clear line, never a traceback."""

import os
import sys

import psycopg
from rich.console import Console

from fansipan_cli.app import make_app
from fansipan_cli.errors import CommandError
from fansipan_common.settings import SettingsError


def main() -> None:
    """Run `fansipan` with the arguments of this process and exit: 0 well, 1 failed, 2 wrongly called."""
    errors = Console(stderr=True, soft_wrap=True)
    try:
        make_app(sys.argv[1] if len(sys.argv) > 1 else None)(prog_name="fansipan")
    except CommandError as error:
        errors.print("[bold red]error[/]:", str(error), markup=True, highlight=False, emoji=False)
        raise SystemExit(error.exit_code) from None
    except SettingsError as error:
        errors.print("[bold red]error[/]:", str(error), highlight=False, emoji=False)
        raise SystemExit(2) from None
    except psycopg.Error as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        errors.print("[bold red]error[/]: the database refused:", first, highlight=False, emoji=False)
        raise SystemExit(1) from None
    except BrokenPipeError:  # the reader of our output has gone: not our failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
