"""A Kubernetes manifest with a mistake is found without a cluster."""

from pathlib import Path

import pytest

from cli.manifests import main, problems

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: intake
spec:
  selector:
    app: intake
  ports:
    - port: 80
"""
_CUSTOM = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: intake
spec: {}
"""


def _kustomization(root: Path, text: str) -> None:
    (root / "kustomization.yaml").write_text(text)


def test_sound_manifests_have_no_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, overlay = tmp_path / "base", tmp_path / "overlay"
    base.mkdir()
    overlay.mkdir()
    (base / "intake.yaml").write_text(f"{_SERVICE}---\n{_CUSTOM}")
    (base / "settings.env").write_text("KAP_LOG=info\n")
    _kustomization(
        base,
        "resources: [intake.yaml]\n"
        "configMapGenerator: [{name: settings, envs: [settings.env]}]\n",
    )
    (overlay / "patch.yaml").write_text("spec:\n  replicas: 3\n")
    _kustomization(overlay, "resources: [../base]\npatches: [{path: patch.yaml}]\n")

    assert problems(tmp_path) == []
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (_SERVICE.replace("selector:", "selektor:"), "Service: spec: Additional"),
        (_SERVICE.replace("port: 80", "port: http"), "spec.ports.0.port: "),
        (_SERVICE.replace("Service", "Servise"), "has no such kind in v1"),
        (_CUSTOM.replace("keda.sh", "policy"), "has no such kind in policy/v1alpha1"),
        (_SERVICE.replace("kind: Service\n", ""), "without a kind"),
        ("- a list\n", "without a kind"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_mistake_in_a_manifest_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], manifest: str, said: str
) -> None:
    (tmp_path / "intake.yaml").write_text(manifest)

    assert main(tmp_path) == 1

    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    "listed",
    [
        "resources: [gone.yaml]",
        "resources: [gone]",
        "patches: [{path: gone.yaml}]",
        "configMapGenerator: [{name: c, files: [key=gone.txt]}]",
    ],
)
def test_a_file_that_is_listed_and_missing_is_named(
    tmp_path: Path, listed: str
) -> None:
    _kustomization(tmp_path, listed)

    (problem,) = problems(tmp_path)

    assert "gone" in problem
    assert "is not there" in problem
