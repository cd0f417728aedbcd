import pytest

from certificates.codes import ALPHABET, LENGTH, grouped, new_code, read_code


def test_a_code_carries_at_least_128_bits_and_no_lookalikes():
    assert len(ALPHABET) == 32 and LENGTH * 5 >= 128
    assert not set("ILOU") & set(ALPHABET)
    assert len({new_code() for _ in range(500)}) == 500


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        grouped,
        lambda code: f"  {grouped(code).replace('-', ' ')} ",
        lambda code: code.replace("0", "o").replace("1", "l"),
    ],
)
def test_a_code_is_read_in_any_case_grouping_and_common_misreading(change):
    code = "0123456789ABCDEFGHJKMNPQRSTV"
    assert read_code(change(code)) == code


@pytest.mark.parametrize("typed", ["", "abc", "0" * 27, "0" * 29, "Đ" * 28, "../../etc/passwd", "\x00" * 28, "٣" * 28])
def test_what_cannot_be_a_code_is_none(typed):
    assert read_code(typed) == ""
