"""Which passwords will do: one rule for administration, for one's own account and for the command line.

As NIST SP 800-63B-4 says: length is what counts, nobody is made to put a digit into it, and what is guessed first is
refused.
"""

from itertools import pairwise
from typing import Final

from fansipan_common.errors import Unprocessable

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1_024
_FEWEST_DIFFERENT: Final = 5
_MOST_IN_A_ROW: Final = 6
_BESIDE_THE_NAME: Final = 8
_ROWS: Final = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS: Final = frozenset(
    "".join(pair) for row in _ROWS for line in (row, row[::-1]) for pair in pairwise(line)
)


class WeakPassword(Unprocessable):
    """The password will not do; the detail says why."""

    code, title = "weak-password", "The password will not do"


def check_password(username: str, password: str) -> None:
    """Whether a password will do for the operator of that name.

    Raises:
        WeakPassword: it is too short or too long, the user name with little added, a few characters repeated, or mostly
            letters as they follow each other in the alphabet or on the keyboard.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(
            f"the password has {len(password)} characters: take {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
        )
    folded, name = password.casefold(), username.casefold()
    if len(set(folded)) < _FEWEST_DIFFERENT:
        raise WeakPassword(f"the password has fewer than {_FEWEST_DIFFERENT} different characters")
    for spelt in (name, name[::-1]):
        if spelt and spelt in folded and len(folded) - len(spelt) < _BESIDE_THE_NAME:
            raise WeakPassword("the password is the user name, or little more")
    rest = _without_runs(folded)
    if len(folded) - rest >= _MOST_IN_A_ROW and rest < _BESIDE_THE_NAME:
        raise WeakPassword("the password is keys in a row, such as 12345678 or qwertyui, or little more")


def _without_runs(text: str) -> int:
    """How many characters are left without those that follow the one before in one of the rows, forwards or back."""
    return 1 + sum("".join(pair) not in _NEIGHBOURS for pair in pairwise(text))
