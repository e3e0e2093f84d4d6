"""Finding `catalogue/` and `demo/`: given, or upward from the working directory and from this package."""

from pathlib import Path

from fansipan_cli.errors import UsageError


def find_folder(given: Path | None, name: str, proof: str, *, variable: str, option: str) -> Path:
    """The folder `name` that contains the file `proof`.

    Raises:
        UsageError: it is not where it was said to be, or nowhere upward.
    """
    if given is not None:
        if not (given / proof).exists():
            raise UsageError(
                f"{given} is no {name} folder (it lacks {proof})", f"correct {option} or {variable}"
            )
        return given
    starts = [Path.cwd(), Path(__file__).resolve().parent]
    for start in starts:
        for folder in [start, *start.parents]:
            if (folder / name / proof).exists():
                return folder / name
    raise UsageError(
        f"no {name}/ with {proof} above {starts[0]}",
        f"run it inside the source tree, or give {option} or {variable}",
    )
