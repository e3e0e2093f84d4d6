"""Which passwords will do."""

import pytest

from fansipan_common.passwords import LONGEST_PASSWORD, WeakPassword, check_password


@pytest.mark.parametrize(
    "password",
    [
        "một mật khẩu dài",
        "ruộng bậc thang Sa Pa",
        "correct horse battery",
        "x9!kQ2#vbn7Lp",
        "lan thích phở bò tái",  # the name of three letters is in it, with enough beside
        "2026 mùa lúa chín vàng",
        "dài" * 4 + " khác",
        ("một mật khẩu dài " * 80)[:LONGEST_PASSWORD],
    ],
)
def test_what_is_long_and_not_obvious_will_do(password: str) -> None:
    check_password("lan", password)


@pytest.mark.parametrize(
    ("username", "password", "why"),
    [
        ("lan", "ngắn quá", "8 characters"),
        ("lan", "x" * (LONGEST_PASSWORD + 1), "1025 characters"),
        ("lan", "abababababab", "different characters"),
        ("lan", "A" * 16, "different characters"),
        ("nguyen.thi.lan", "Nguyen.Thi.Lan", "user name"),
        ("nguyen.thi.lan", "nal.iht.neyugn", "user name"),
        ("nguyen.thi.lan", "nguyen.thi.lan2026", "user name"),
        ("lan", "123456789012", "in a row"),
        ("lan", "qwertyuiop12", "in a row"),
        ("lan", "abcdefghijkl", "in a row"),
        ("lan", "Zyxwvutsrqpo!", "in a row"),
        ("lan", "1234567890abc", "in a row"),
        ("lan", "yen-12345678", "in a row"),
    ],
)
def test_what_is_guessed_first_is_refused_with_the_reason(username: str, password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why) as refused:
        check_password(username, password)
    assert refused.value.code == "weak-password"
    assert password not in refused.value.detail
