from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from plans.disclosure import shown

parts = st.lists(st.integers(min_value=0, max_value=60).map(Decimal), min_size=1, max_size=6)


def test_small_parts_are_hidden_and_zero_is_told() -> None:
    cells = shown([Decimal(40), Decimal(3), Decimal(0), Decimal(4)], Decimal(47))
    assert [cell.hidden for cell in cells] == [False, True, False, True]
    assert cells[2].value == 0


def test_a_single_small_part_takes_the_next_smallest_with_it() -> None:
    cells = shown([Decimal(40), Decimal(3), Decimal(15)], Decimal(58))
    assert [cell.hidden for cell in cells] == [False, True, True]


@given(values=parts)
def test_no_hidden_part_can_be_worked_out_from_the_total(values: list[Decimal]) -> None:
    total = sum(values, Decimal(0))
    cells = shown(values, total)
    told = [cell.value for cell in cells if not cell.hidden]
    assert not [value for value in told if value is not None and 0 < value < 10]
    hidden = [value for value, cell in zip(values, cells, strict=True) if cell.hidden]
    # One hidden part alone would be the total less the told ones.
    assert len([value for value in hidden if value]) != 1 or total < 10
    if 0 < total < 10:
        assert not told
