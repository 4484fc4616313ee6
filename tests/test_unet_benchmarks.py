"""The experiments with the U-Net run from end to end, each on settings too small to measure anything."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from tests.conftest import absent
from tests.torchvision_cpu import smp_or_skip


def _said(script: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    importlib.import_module(f"benchmarks.{script}").main(["--quick", *more])
    return capsys.readouterr().out


def test_shapes_are_learnt_and_the_share_above_the_bar_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said("unet_shapes", capsys)
    assert "| mean ± sd (least … most) |" in said
    assert "of 1 seeds" in said


def test_bilinear_and_transposed_are_compared_at_moments_of_the_training(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said("unet_upsampling", capsys)
    assert "| 50 % |" in said
    bilinear = next(line for line in said.splitlines() if line.startswith("| bilinear |") and "%" in line)
    transposed = next(line for line in said.splitlines() if line.startswith("| transposed |") and "%" in line)
    share_of_all = [float(line.rsplit("|", 2)[1].strip(" %")) for line in (bilinear, transposed)]
    assert share_of_all[0] < 1e-3 < share_of_all[1]


def test_three_losses_are_compared_by_the_steps_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said("unet_bce_dice", capsys)
    assert [line.split("|")[1].strip() for line in said.splitlines()[2:5]] == ["bce", "bce+dice", "dice"]


def test_camvid_is_trained_by_both_networks(
    shared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    smp_or_skip()
    if not (shared / "data" / "camvid").is_dir():
        absent("CamVid")
    monkeypatch.setattr("benchmarks.unet_camvid.SOURCE", shared / "data" / "camvid")
    said = _said("unet_camvid", capsys)
    assert "ours − smp resnet18" in said
    assert "| bicyclist |" in said


def test_speed_is_measured_in_all_four_parts(capsys: pytest.CaptureFixture[str]) -> None:
    said = _said("unet_speed", capsys, "--peak-tflops", "1")
    assert "of peak, step" in said
    assert "contiguous, 1 thread" in said
    assert "Mpx per CPU s" in said
    assert "images per s" in said


def test_a_finished_run_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.jsonl"
    done = {"experiment": "e", "variant": "a", "seed": 0, "value": 1}
    results.write_text(json.dumps(done) + "\n", encoding="utf-8")
    runs = importlib.import_module("benchmarks.unet_runs")
    options = runs.Options((0, 1), ("a",), "cpu", False, False, results, tmp_path, tmp_path)
    seen: list[tuple[str, int]] = []

    def run(variant: str, seed: int) -> dict[str, int]:
        seen.append((variant, seed))
        return {"value": 2}

    assert [each["value"] for each in runs.run_missing(options, "e", run)] == [1, 2]
    assert seen == [("a", 1)]
