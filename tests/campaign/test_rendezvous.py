import socket

import pytest

from perrin.campaign.learning.rendezvous import InterfaceError, address_of, rendezvous


def test_processes_meet_on_the_interface_of_the_site():
    variables = rendezvous("lo", nodes=2, processes=6)
    assert variables["MASTER_ADDR"] == address_of("lo") == "127.0.0.1"
    assert (variables["WORLD_SIZE"], variables["LOCAL_WORLD_SIZE"]) == ("6", "3")
    assert variables["GLOO_SOCKET_IFNAME"] == variables["NCCL_SOCKET_IFNAME"] == "lo"
    with socket.socket() as probe:
        probe.bind(("", int(variables["MASTER_PORT"])))


def test_without_one_they_meet_by_the_name_of_the_host():
    variables = rendezvous(None, nodes=2, processes=2)
    assert variables["MASTER_ADDR"] == socket.gethostname()
    assert "GLOO_SOCKET_IFNAME" not in variables


def test_an_interface_that_is_not_there():
    with pytest.raises(InterfaceError, match=r"interface = 'ib7': .* but .*lo"):
        address_of("ib7")
