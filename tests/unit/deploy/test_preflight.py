"""A port in use, no disk, a wrong Python: one clear sentence each, before anything is started."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from deploy.plan import DEFAULTS, half_of_memory_mb, read_plan
from deploy.preflight import alone, check_disk, check_machine, check_ports
from deploy.progress import Stop
from deploy.up import find_python
from switchboard.settings import Settings


def test_a_taken_port_is_named_with_the_setting_that_moves_it(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        plan = read_plan(tmp_path, {"RENJI_PORT": str(port)})
        with pytest.raises(Stop, match=rf"^Port {port} for the gateway is in use: .* set RENJI_PORT to another\.$"):
            check_ports({"the gateway": plan.ports()["the gateway"]})


def test_a_port_is_free_again_as_soon_as_its_listener_ended() -> None:
    with socket.socket() as other:
        # As every asyncio server sets it.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            other.accept()[0].close()
    check_ports({"the gateway": ("RENJI_PORT", port)})


@pytest.mark.parametrize(("first", "free_mb", "needed"), [(True, 3999, "4000 MB"), (False, 499, "500 MB")])
def test_too_little_disk_is_said_with_what_is_needed(tmp_path: Path, first: bool, free_mb: int, needed: str) -> None:
    with pytest.raises(Stop, match=f"^Not enough disk: {needed} are needed in .*, {free_mb} MB are free"):
        check_disk(tmp_path, first, free_mb)


@pytest.mark.parametrize(("first", "free_mb"), [(True, 4000), (False, 500)])
def test_enough_disk_passes(tmp_path: Path, first: bool, free_mb: int) -> None:
    check_disk(tmp_path, first, free_mb)


def test_a_directory_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="too long for a unix socket"):
        check_machine(read_plan(tmp_path / ("d" * 100), {}))


def test_two_commands_do_not_work_in_one_directory(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/supervisord.conf").touch()
    plan = read_plan(tmp_path, {})
    with alone(plan):
        with pytest.raises(Stop, match="Another make up, down or train is at work"):
            with alone(plan):
                pass
    with alone(plan):
        pass


def test_the_first_python_of_the_wanted_version_is_taken() -> None:
    versions = {"python3": (3, 13), "other": (3, 10), "third": (3, 10)}
    assert ("other", [(3, 13)]) == find_python(["missing", "python3", "other", "third"], versions.get)


def test_without_python_310_the_others_are_reported_once() -> None:
    versions = {"python3": (3, 13), "python": (3, 13), "old": (3, 6)}
    assert (None, [(3, 13), (3, 6)]) == find_python(["python3", "python", "old"], versions.get)


def test_the_plan_assumes_the_defaults_of_the_settings() -> None:
    defaults = Settings()
    assert {name: str(getattr(defaults, name.removeprefix("RENJI_").lower())) for name in DEFAULTS} == DEFAULTS


def test_another_port_moves_the_public_address_and_the_allowed_origins(tmp_path: Path) -> None:
    env = read_plan(tmp_path, {"RENJI_PORT": "9090"}).env
    settings = Settings.read({name: value for name, value in env.items() if name.startswith("RENJI_")})
    assert ("http://127.0.0.1:9090", "http://127.0.0.1:9090,http://localhost:9090") == (
        settings.public_url,
        settings.origins,
    )


def test_one_rasa_slot_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="two addresses"):
        read_plan(tmp_path, {"RENJI_RASA_URLS": "http://127.0.0.1:5005"}).ports()


def test_redis_gets_half_of_what_a_container_may_use(tmp_path: Path) -> None:
    limit, none = tmp_path / "memory.max", tmp_path / "nowhere"
    limit.write_text("500000000\n")
    assert half_of_memory_mb([none, limit]) == 250
    whole = half_of_memory_mb([none])
    for unlimited in ("max\n", "9223372036854771712\n"):
        limit.write_text(unlimited)
        assert half_of_memory_mb([limit]) == whole > 0
