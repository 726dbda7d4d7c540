"""The README's Python examples run as they stand."""

import re

import pytest


@pytest.mark.slow
def test_examples_run(repository, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # the first example makes a run in logs/
    blocks = re.findall(
        r"```python\n(.*?)```", (repository / "README.md").read_text(), re.S
    )
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.count("verdict:") == 2
    assert len(list(tmp_path.glob("logs/wine/*/report.md"))) == 1


def test_links_lead_somewhere(repository):
    text = (repository / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (repository / target).exists(), target
