"""Steps, ends and polls of a training, in the process of the test."""

import dataclasses
import time
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from perrin.engines.seal import DamagedFileError
from perrin.ml.architecture import COMPONENTS, IMAGES, Architecture
from perrin.ml.orders import MOST_STEPS_BETWEEN_POLLS, Order, Orders
from perrin.ml.profiles import Profiles
from perrin.ml.randomness import order_seed, weights_seed
from perrin.ml.ranks import Ranks
from perrin.ml.settings import FunctionalSettings, TrainingSettings
from perrin.ml.trained import load_trained, member_files
from perrin.ml.training import Training, TrainingError
from perrin.ml.training_job import STOP_FILE, Member, TrainingJob

CPU = torch.device("cpu")
SHAPE = Architecture.of(FunctionalSettings(window=1.0, filters=(4, 8), nodes=16), 0.2)


class OneOfTwo(Ranks):
    """One process of two, whose peer says nothing."""

    def gather(self, text):
        return [text] * self.size


@pytest.fixture(scope="module", autouse=True)
def group():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.fixture
def job(tmp_path, profiles):
    profiles.save(tmp_path / "data.h5", "test")
    settings = TrainingSettings(epochs=2, batch_size=1000, learning_rate=1e-3)
    return TrainingJob(
        member=Member("data", 1, 17, SHAPE, settings, ("field2",)),
        data=str(tmp_path / "data.h5"),
        output=str(tmp_path / "member.json"),
        checkpoint=str(tmp_path / "checkpoint"),
        resume=(),
        scratch=str(tmp_path),
        token="test",
        fingerprint="here",
    )


def train(job):
    assert Training(job, Ranks(0, 1, CPU)).run()
    return load_trained(Path(job.output))


def gradient(job, ranks, batch):
    """Gradient that one process contributes to the first step."""
    training = Training(job, ranks)
    training._step(batch)
    return [parameter.grad.clone() for parameter in training._functional.parameters()]


# --- one step -------------------------------------------------------------------------------------


def test_the_mean_gradient_of_two_processes_is_that_of_one(job):
    """Adam forgives any factor, so that the gradient itself is compared."""
    batch = torch.arange(100, 133)
    alone = gradient(job, Ranks(0, 1, CPU), batch)
    first, second = (gradient(job, OneOfTwo(rank, 2, CPU), batch) for rank in range(2))
    for whole, *parts in zip(alone, first, second, strict=True):
        scale = float(whole.abs().max())
        torch.testing.assert_close(sum(parts) / 2, whole, rtol=1e-4, atol=1e-5 * scale)


def test_one_process_has_the_gradient_of_the_mean_square_error(job):
    training = Training(job, Ranks(0, 1, CPU))
    batch = torch.arange(100, 133)
    windows, forces = training._windows.at(batch)
    loss = (training._functional(windows) - forces).square().mean()
    expected = torch.autograd.grad(loss, list(training._functional.parameters()))
    for found, wanted in zip(gradient(job, Ranks(0, 1, CPU), batch), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)


def test_weights_and_orders_draw_from_branches_of_their_own():
    """Neighbouring campaigns must not share weights, nor weights and orders a stream."""
    seeds = [weights_seed(seed, member) for seed in range(3) for member in range(3)]
    seeds += [order_seed(17, member, epoch) for member in range(3) for epoch in range(3)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


# --- what is not trained on -----------------------------------------------------------------------


def relabelled(job, name, factor):
    """The same data set but for the force of one simulation."""
    profiles = Profiles.load(Path(job.data))
    force = profiles.internal_force.copy()
    force[profiles.names.index(name)] *= factor
    path = Path(job.data).with_name("other.h5")
    dataclasses.replace(profiles, internal_force=force).save(path, "test")
    return dataclasses.replace(
        job, data=str(path), output=str(Path(job.output).with_name("other.json"))
    )


def test_nothing_is_learned_from_validation_simulations(job):
    trained, same = train(job), train(relabelled(job, "field2", 50.0))
    weights, same_weights = (t.functional.state_dict() for t in (trained, same))
    assert all(torch.equal(weights[name], same_weights[name]) for name in weights)
    assert [r["loss"] for r in trained.history] == [r["loss"] for r in same.history]
    assert same.history[-1]["validation"] > 100 * trained.history[-1]["validation"]


def test_other_simulations_are_learned_from(job):
    trained, other = train(job), train(relabelled(job, "field3", 50.0))
    assert other.history[0]["loss"] > 10 * trained.history[0]["loss"]


def test_validation_simulations_are_not_augmented(job, profiles):
    training = Training(job, Ranks(0, 1, CPU))
    assert len(training._windows) == IMAGES * 5 * profiles.bins
    held = profiles.select([2])
    with torch.no_grad():
        found = training._functional.profile(torch.tensor(held.inputs, dtype=torch.float32))
    errors = found.double().numpy() - held.internal_force
    assert training._validation_loss() == pytest.approx((errors**2).mean(), rel=1e-5)


def test_processes_share_the_validation(job):
    whole = Training(job, Ranks(0, 1, CPU))._validation_loss()
    shares = [Training(job, OneOfTwo(rank, 2, CPU))._validation_loss() for rank in range(2)]
    assert sum(shares) == pytest.approx(whole, rel=1e-6)
    assert min(shares) > 0.1 * whole
    assert COMPONENTS == 3


# --- how it ends ----------------------------------------------------------------------------------


def test_parameters_that_are_not_finite_are_never_published(job):
    training = Training(job, Ranks(0, 1, CPU))
    with torch.no_grad():
        next(training._functional.parameters()).fill_(torch.nan)
    with pytest.raises(TrainingError, match=r"member 1 diverged .* largest parameter is nan"):
        training._publish()
    assert not Path(job.output).exists()


def test_runs_say_where_they_ran(job):
    (run,) = train(job).training["runs"]
    assert (run["backend"], run["devices"], run["processes"]) == ("gloo", ["cpu"], 1)
    assert run["threads"] == [torch.get_num_threads()]


def test_the_first_of_two_tries_wins_and_its_files_stay_together(job):
    first = train(job)
    json_path, tensors = member_files(Path(job.output))
    before = tensors.read_bytes()
    json_path.unlink()
    second = train(dataclasses.replace(job, token="other"))
    assert tensors.read_bytes() == before
    assert second.training == first.training


def test_tensors_that_a_dead_try_left_damaged_are_written_again(job):
    _, tensors = member_files(Path(job.output))
    tensors.write_bytes(b"not whole")
    assert train(job).member["number"] == 1


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("damage", ["missing", "cut", "of another"])
def test_either_file_of_a_member_may_be_damaged(job, number, damage):
    train(job)
    path = member_files(Path(job.output))[number]
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        other = dataclasses.replace(job, output=str(Path(job.output).with_name("other.json")))
        train(other)
        path.write_bytes(member_files(Path(other.output))[number].read_bytes())
    with pytest.raises(DamagedFileError) as error:
        load_trained(Path(job.output))
    assert error.value.path == Path(job.output)


# --- when it looks up -----------------------------------------------------------------------------


def orders_after(job, steps, seconds):
    """Orders that are due after steps that took some time."""
    orders = Orders(job, Ranks(0, 1, CPU))
    for _ in range(steps):
        orders.count_step()
    orders._polled = time.monotonic() - seconds
    return orders


@pytest.mark.parametrize(
    ("steps", "seconds", "expected"), [(1, 4.0, 1), (10, 2.0, 5), (20, 0.1, 20)]
)
def test_polls_come_about_every_second(job, steps, seconds, expected):
    orders = orders_after(job, steps, seconds)
    assert orders.next() is Order.CONTINUE
    taken = 0
    while not orders.are_due:
        orders.count_step()
        taken += 1
    assert expected - 1 <= taken <= expected <= MOST_STEPS_BETWEEN_POLLS


@pytest.mark.parametrize(
    ("left", "polled", "written", "expected"),
    [
        (30.0, 1.0, 0.1, Order.CONTINUE),
        (30.0, 20.0, 0.1, Order.LEAVE),
        (30.0, 1.0, 20.0, Order.LEAVE),
        (4.0, 0.1, 0.1, Order.LEAVE),
    ],
)
def test_it_leaves_while_there_is_time(job, left, polled, written, expected):
    job = dataclasses.replace(job, deadline=time.time() + left)
    orders = Orders(job, Ranks(0, 1, CPU))
    orders.note_checkpoint(time.monotonic() - written)
    orders._polled = time.monotonic() - polled
    orders.count_step()
    assert orders.next() is expected


def test_it_looks_for_the_stop_file_and_the_age_of_its_checkpoint(job):
    late = dataclasses.replace(job, checkpoint_seconds=-1.0)
    assert orders_after(late, 1, 0.1).next() is Order.CHECKPOINT
    (Path(job.scratch) / STOP_FILE).touch()
    assert orders_after(late, 1, 0.1).next() is Order.LEAVE
