"""`fansipan migrate`: the schema and the areas."""

from pathlib import Path
from typing import Annotated

import psycopg
import typer
from alembic.util import CommandError as AlembicError
from rich.console import Console
from sqlalchemy.exc import DBAPIError, OperationalError

from fansipan_cli.database import away
from fansipan_cli.errors import CommandError
from fansipan_cli.settings import read_settings
from fansipan_cli.source_tree import find_folder
from fansipan_db import load_areas
from fansipan_db import migrate as migrate_schema


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("migrate")(migrate)


def migrate(
    revision: Annotated[str, typer.Option(help="Revision of the schema to reach.")] = "head",
    catalogue: Annotated[
        Path | None, typer.Option(help="Folder with areas/; else FANSIPAN_CATALOGUE, else found upward.")
    ] = None,
) -> None:
    """Bring the database (DATABASE_URL) to the schema and load the administrative units. Safe to repeat."""
    settings = read_settings()
    url = settings.database
    folder = find_folder(
        catalogue or settings.catalogue,
        "catalogue",
        "areas/laocai-communes.geojson",
        variable="FANSIPAN_CATALOGUE",
        option="--catalogue",
    )
    try:
        reached = migrate_schema(url, revision)
        areas = load_areas(url, folder)
    except OperationalError as error:
        raise away(error.orig or error) from error
    except psycopg.OperationalError as error:
        raise away(error) from error
    except DBAPIError as error:
        raise CommandError(
            f"the migration failed: {error.orig}", "nothing of the failed revision was kept"
        ) from error
    except AlembicError as error:
        raise CommandError(
            f"cannot migrate to {revision!r}: {error}", "fansipan doctor shows the revisions"
        ) from error
    Console().print(f"schema at revision {reached}; {areas} areas", highlight=False)
