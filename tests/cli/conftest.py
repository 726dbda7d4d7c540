import json

import pytest

from tfkit import run_folder

SHA = {"train": "1" * 64, "dev": "2" * 64, "test": "3" * 64}


@pytest.fixture
def write_run(tmp_path):
    """Writes the folder of a finished run below `logs`, of numbers made up here."""

    def write(name, experiment="digits", dev_errors=10, sha=SHA, config="", **results):
        folder = run_folder.create(tmp_path / "logs", experiment, name)
        errors = {"train": (10, 1000), "dev": (dev_errors, 100)}
        gap = {"value": 0.01, "low": 0.0, "high": 0.1, "level": "unclear"}
        run_folder.write_text(folder.config, f'dataset = "{experiment}"\n{config}')
        run_folder.write_text(
            folder.history, "epoch,loss,val_loss\n0,2.0,2.5\n1,1.0,1.25\n"
        )
        folder.model.touch()
        folder.report.touch()
        folder.write_json(
            folder.environment,
            {"started": "2026-01-31T14:25:01+00:00", "packages": {"keras": "3.15.1"}},
        )
        folder.write_json(folder.data, {"sha256": sha})
        content = {
            "errors": {
                part: {"errors": wrong, "examples": of, "rate": wrong / of}
                for part, (wrong, of) in errors.items()
            },
            "judgement": {
                "errors": {"human": 0.0, "train": 0.01, "dev": dev_errors / 100},
                "gaps": [
                    {**gap, "name": "avoidable bias", "level": "high"},
                    {**gap, "name": "variance"},
                ],
                "tolerance": 0.02,
            },
            "epochs": 2,
            "best_epoch": 2,
            "stopped": "all epochs",
            "seconds": 1.5,
        }
        run_folder.write_text(folder.results, json.dumps({**content, **results}))
        return folder

    return write
