"""`python -m fansipan_local.supply_chain licences|audit`."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fansipan_local.paths import find_checkout
from fansipan_local.supply_chain.accepted import Accepted
from fansipan_local.supply_chain.audit import Finding, Unreachable, judge, page_findings, python_findings
from fansipan_local.supply_chain.licences import page_packages, python_packages, report

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
_PAGE = Path("services", "gateway", "web")


@app.command()
def licences(
    into: Annotated[Path, typer.Option(help="Where the list is written.")] = Path(".local", "licences.md"),
) -> None:
    """List the licences of all that we use; fails when one is not accepted."""
    accepted, checkout = Accepted.load(), find_checkout()
    packages = [
        *python_packages(accepted),
        *page_packages(checkout / _PAGE / "package-lock.json", accepted),
    ]
    target = checkout / into
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(report(packages), encoding="utf-8")
    wrong = [each for each in packages if not each.allowed_by(accepted)]
    for each in wrong:
        use = "ships" if each.shipped else "is used in development"
        typer.echo(
            f"{each.where}: {each.name} {each.version} {use} under {each.licence}, which accepted.toml lacks"
        )
    typer.echo(f"{len(packages)} packages, {len(wrong)} with a licence that is not accepted; list: {into}")
    if wrong:
        raise typer.Exit(1)


@app.command()
def audit(
    when_reachable: Annotated[
        bool, typer.Option("--when-reachable", help="Succeed when a registry cannot be asked.")
    ] = False,
) -> None:
    """Ask whether something is known to be wrong with what is locked; fails on what is not accepted."""
    accepted, checkout = Accepted.load(), find_checkout()
    asked: dict[str, Callable[[], list[Finding]]] = {
        "Python": partial(python_findings, checkout / "requirements.lock"),
        "page": partial(page_findings, checkout / _PAGE),
    }
    failed = False
    for name, ask in asked.items():
        try:
            wrong, known = judge(ask(), accepted, datetime.now(UTC).date())
        except Unreachable as error:
            typer.echo(f"{name}: not checked, nobody could be asked: {error}")
            failed = failed or not when_reachable
            continue
        for line in (*wrong, *known):
            typer.echo(f"{name}: {line}")
        typer.echo(f"{name}: {len(wrong)} to mend, {len(known)} accepted")
        failed = failed or bool(wrong)
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(app())
