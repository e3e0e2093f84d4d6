"""`fansipan-observability write` and `check`."""

import argparse
import sys
from pathlib import Path

from fansipan_observability.files import made_files

_ROOT = Path(__file__).parents[4]


def main() -> None:
    """Write the files, or say which are not as they would be written; status 1 then."""
    parser = argparse.ArgumentParser(prog="fansipan-observability", description=__doc__)
    parser.add_argument("command", choices=("write", "check"))
    command = parser.parse_args().command
    different = {path: text for path, text in made_files(_ROOT).items() if _read(_ROOT / path) != text}
    for path, text in different.items():
        if command == "write":
            (_ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (_ROOT / path).write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path}\n")
        else:
            sys.stderr.write(f"{path} is not as the code would write it: make observability\n")
    if different and command == "check":
        raise SystemExit(1)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    main()
