import json

import pytest
import torch

from perrin.engines.seal import DamagedFileError
from perrin.ml.architecture import Architecture
from perrin.ml.force_functional import ForceFunctional, periodic_windows
from perrin.ml.settings import FunctionalSettings
from perrin.ml.trained import ArchitectureError, load_trained, save_trained

PAPER = FunctionalSettings()
SMALL = Architecture.of(FunctionalSettings(window=1.0, filters=(4, 8), nodes=16), 0.2)


@pytest.mark.parametrize(("width", "points", "kernel"), [(0.01, 561, 20), (0.1, 57, 2)])
def test_window_and_kernel_follow_the_bin_width(width, points, kernel):
    architecture = Architecture.of(PAPER, width)
    assert (architecture.points, architecture.kernel) == (points, kernel)


def test_the_network_of_the_paper_has_its_number_of_parameters():
    network = ForceFunctional(Architecture.of(PAPER, 0.01))
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == pytest.approx(5e5, rel=0.02)


def test_profile_is_the_force_at_each_window():
    torch.manual_seed(1)
    functional = ForceFunctional(SMALL)
    profiles = torch.randn(3, 4, 25)
    force = functional.profile(profiles)
    assert force.shape == (3, 3, 25)
    half = SMALL.half_window
    for bin_ in (0, 1, 24):
        window = torch.stack([profiles[2, :, (bin_ + i) % 25] for i in range(-half, half + 1)], -1)
        torch.testing.assert_close(functional(window[None])[0], force[2, :, bin_])


def test_a_tiled_system_has_tiled_forces_even_if_it_is_smaller_than_the_window():
    torch.manual_seed(2)
    functional = ForceFunctional(SMALL)
    profiles = torch.randn(1, 4, 7)
    once, thrice = functional.profile(profiles), functional.profile(profiles.repeat(1, 1, 3))
    torch.testing.assert_close(thrice, once.repeat(1, 1, 3))


def test_windows_wrap_around():
    windows = periodic_windows(torch.arange(5.0), 2)
    assert windows.tolist()[0] == [3, 4, 0, 1, 2]
    assert windows.tolist()[4] == [2, 3, 4, 0, 1]


def save(path, functional, architecture):
    member = {"architecture": architecture.model_dump(mode="json")}
    weights = functional.state_dict()
    save_trained(path, weights, member=member, history=[], training={}, token="test")


def test_a_trained_member_comes_back_bit_for_bit(tmp_path):
    functional = ForceFunctional(SMALL)
    save(tmp_path / "member.json", functional, SMALL)
    loaded = load_trained(tmp_path / "member.json").functional
    profiles = torch.randn(2, 4, 30)
    assert torch.equal(loaded.profile(profiles), functional.profile(profiles))
    described = json.loads((tmp_path / "member.json").read_text())
    assert described["member"]["architecture"]["filters"] == [4, 8]


def test_weights_of_another_architecture_are_named(tmp_path):
    wider = Architecture.of(FunctionalSettings(window=1.0, filters=(4, 8), nodes=32), 0.2)
    save(tmp_path / "member.json", ForceFunctional(wider), SMALL)
    with pytest.raises(ArchitectureError, match=r"has shape \(32,.* needs shape \(16,"):
        load_trained(tmp_path / "member.json")


@pytest.mark.parametrize("position", [5, 200, -3])
def test_a_damaged_member_is_an_error(tmp_path, position):
    save(tmp_path / "member.json", ForceFunctional(SMALL), SMALL)
    path = tmp_path / "member.safetensors"
    contents = bytearray(path.read_bytes())
    contents[position] ^= 1
    path.write_bytes(contents)
    with pytest.raises(DamagedFileError):
        load_trained(tmp_path / "member.json")


def test_slices_of_windows_change_nothing_but_rounding(monkeypatch):
    functional, profiles = ForceFunctional(SMALL), torch.randn(3, 4, 25)

    def force_and_gradient():
        inputs = profiles.clone().requires_grad_()
        force = functional.profile(inputs)
        return force, *torch.autograd.grad(force.square().sum(), inputs)

    whole = force_and_gradient()
    monkeypatch.setattr("perrin.ml.force_functional.WINDOWS_AT_ONCE", 13)
    torch.testing.assert_close(force_and_gradient(), whole)
