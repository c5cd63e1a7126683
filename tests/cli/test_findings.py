"""Insecure code is found, and an excuse lasts as long as what it excuses."""

from pathlib import Path

import pytest

from cli.findings import EXCUSED, LOOKED_AT, findings, problems

INSECURE = "import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n"


def test_insecure_code_is_found(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(INSECURE)

    said = list(problems(findings([str(tmp_path)]), {}))

    assert any("worker.py:2: B602" in problem for problem in said)


def test_what_is_excused_is_not_said_and_an_excuse_without_need_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "worker.py").write_text(INSECURE)
    found = findings([str(tmp_path)])
    needed = {(one["test_id"], one["filename"]): "a reason" for one in found}

    assert list(problems(found, needed)) == []
    assert list(problems([], {("B999", "gone.py"): "a reason"})) == [
        "gone.py: B999 is excused and not found; take the excuse away"
    ]


def test_what_cannot_be_read_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text("def (:\n")

    with pytest.raises(RuntimeError, match="could not read"):
        findings([str(tmp_path)])


def test_every_excuse_has_a_reason_and_a_file_that_is_looked_at() -> None:
    for (_, name), reason in EXCUSED.items():
        assert len(reason) > 10
        assert name.startswith(LOOKED_AT)
        assert Path(name).is_file()
