"""A run-once script that was released never changes: databases have run it as it was."""

import json

from fansipan_common.schema import NEEDED_REVISION
from fansipan_db.migrate import head_revision, revisions
from fansipan_db.scripts import PACKAGE, repeatable_scripts, run_once_digests


def test_released_scripts_are_as_they_were_and_every_script_is_listed():
    frozen = json.loads((PACKAGE / "frozen.json").read_text(encoding="utf-8"))
    found = run_once_digests()
    assert found == frozen, (
        "run-once scripts differ from frozen.json. Put a change into a new migration; a new script is listed with its"
        " digest when it is released."
    )


def test_every_revision_has_its_script_and_they_form_one_line():
    assert [name[:4] for name in sorted(run_once_digests())] == revisions()
    assert head_revision() == revisions()[-1]


def test_revisions_are_numbers_and_the_code_needs_one_of_them():
    numbers = [int(revision) for revision in revisions()]  # what services compare
    assert numbers == sorted({*numbers})
    assert NEEDED_REVISION in revisions()


def test_functions_and_grants_are_run_again_every_time():
    assert len(repeatable_scripts()) >= 2
    assert all(script.startswith("-- Re-run on every migration") for script in repeatable_scripts())
