"""The wheel is whole: it runs in an empty environment, away from the checkout."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> Path:
    """The wheel, built without touching the network."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=180)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_holds_catalogues_migrations_and_content(tmp_path: Path) -> None:
    names = zipfile.ZipFile(build(tmp_path)).namelist()
    for wanted in (
        "bot/locales/ar/LC_MESSAGES/bot.po",
        "bot/locales/de@leicht/LC_MESSAGES/bot.po",
        "bot/migrations/env.py",
        "bot/content/offers.yaml",
        "bot/content/demo/announcement.yaml",
        "bot/content/places.json",
        "bot/content/emergencies/cards.yaml",
        "bot/sandbox/page/index.html",
    ):
        assert wanted in names
    assert any(name.startswith("bot/migrations/versions/0001") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/")) or "__pycache__" in name]


@pytest.mark.prove
def test_it_runs_in_an_empty_environment(tmp_path: Path) -> None:
    wheel = build(tmp_path)
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, timeout=600, cwd=tmp_path
    )
    lotse = tmp_path / "empty" / "bin" / "lotse"
    version = subprocess.run(
        [lotse, "--version"], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True
    )
    assert version.stdout.strip() == f"lotse {bot.__version__}"
    check = subprocess.run(
        [lotse, "check"], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr
    assert "The program is whole." in check.stdout
    asked = subprocess.run(
        [lotse, "ask", "Was ist eine Duldung?", "--locale", "de"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env={"LOTSE_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite", "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert "Duldung" in asked.stdout
