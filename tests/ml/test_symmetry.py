import itertools

import numpy as np
import torch

from perrin.ml.settings import TrainingSettings
from perrin.ml.symmetry import SYMMETRIES, all_images
from perrin.ml.windows import Windows, epoch_batches


def test_sixteen_different_images_the_first_of_which_is_the_original():
    inputs, forces = torch.randn(1, 4, 9), torch.randn(1, 3, 9)
    images, image_forces = all_images(inputs, forces)
    assert images.shape == (16, 4, 9)
    assert torch.equal(images[0], inputs[0])
    assert torch.equal(image_forces[0], forces[0])
    assert all(not torch.equal(a, b) for a, b in itertools.combinations(images, 2))


def test_symmetries_form_a_group():
    vectors = torch.randn(3, 8)
    orbit = [symmetry.vectors(vectors) for symmetry in SYMMETRIES]
    for first, second in itertools.product(SYMMETRIES, repeat=2):
        twice = second.vectors(first.vectors(vectors))
        assert sum(torch.equal(twice, image) for image in orbit) == 1


def test_a_local_law_holds_for_all_images():
    """Friction plus a pressure gradient: the images of a solution are solutions."""
    inputs = torch.rand(2, 4, 12, dtype=torch.float64) + 0.5

    def law(inputs):
        density, velocity = inputs[:, 0], inputs[:, 1:]
        force = -velocity
        force[:, 2] -= torch.roll(density, -1, -1) - torch.roll(density, 1, -1)
        return force

    images, forces = all_images(inputs, law(inputs))
    torch.testing.assert_close(forces, law(images))


def test_windows_are_augmented_only_when_asked(profiles):
    plain = Windows(profiles, 5, torch.device("cpu"), augment=False)
    images = Windows(profiles, 5, torch.device("cpu"), augment=True)
    assert (len(plain), len(images)) == (6 * 40, 16 * 6 * 40)
    number = torch.tensor([3 * 40 + 7])
    windows, forces = plain.at(number)
    np.testing.assert_allclose(forces[0], profiles.internal_force[3, :, 7], rtol=1e-6)
    np.testing.assert_allclose(windows[0, :, 5], profiles.inputs[3, :, 7], rtol=1e-6)
    assert torch.equal(images.at(number)[0], windows)


def test_an_epoch_takes_every_window_once_in_batches_of_equal_size():
    settings = TrainingSettings(batch_size=64, doubling=2)
    batches = epoch_batches(1000, settings, 1, 2, epoch=3)
    assert sorted(torch.cat(batches).tolist()) == list(range(1000))
    assert {len(batch) for batch in batches} == {125}
    assert torch.equal(batches[0], epoch_batches(1000, settings, 1, 2, epoch=3)[0])
    other = [epoch_batches(1000, settings, 1, 2, 2), epoch_batches(1000, settings, 1, 3, 3)]
    assert all(not torch.equal(torch.cat(batches), torch.cat(o)) for o in other)
    assert len(other[0]) == 8
    assert len(epoch_batches(10, settings, 1, 2, 0)) == 1
