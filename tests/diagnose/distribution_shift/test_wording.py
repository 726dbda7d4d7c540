from tfkit.diagnose.distribution_shift.wording import advice_lines, p_text, wrapped


def test_p_values_for_readers():
    assert [p_text(p) for p in (1.0, 0.05, 0.0004, 1e-200)] == [
        "1.000",
        "0.050",
        "4e-04",
        "<1e-99",
    ]


def test_long_lines_are_broken_and_short_ones_left_alone():
    table = "  a" + " " * 30 + "1"
    assert wrapped([table]) == [table]
    lines = advice_lines(["word " * 40])
    assert len(lines) == 3
    assert max(map(len, lines)) <= 88
    assert lines[0].startswith("  try: word")
