from tfkit.callbacks.tensorboard import write_note


def test_a_note_is_found_in_the_events(tmp_path, read):
    write_note(tmp_path, "report", "The verdict is *high bias*.")
    assert read(tmp_path / "train").text("report") == "The verdict is *high bias*."
