"""The emulator as a child process: started in a clean environment, ended without a trace.

The emulator is ministack, which serves the AWS APIs on one port of 127.0.0.1 and runs each
function in Python processes of its own. All of them are one process group, which ends with
`stop`, with the `with` block, or with the death of the process that started it.
"""

import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Self

from local.emulator.guard import KEY_VARIABLE, SEAL
from local.emulator.shims import SHIMS
from local.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
# Everything a run leaves behind: in a clone beside the code, where git ignores it; what was
# installed without one keeps it where the XDG Base Directory Specification puts state.
WORKSHOP = (
    ROOT / ".local"
    if (ROOT / "Makefile").exists()
    else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "retake"
)
REGION = "us-east-1"
ACCOUNT = "000000000000"
STACK_NAME = "retake"
HOST = "127.0.0.1"
START_SECONDS = 60
TEST_ACCESS_KEY = "test"

# What the functions may see of the user's environment, since the emulator hands them its own.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Engine:
    """One emulator. `loopback_ports` are the local servers its functions may call over http,
    `access_key` is what every call must be signed with (retake's guard, local.emulator.guard)."""

    def __init__(
        self,
        port: int | None = None,
        *,
        wait_scale: float = 1.0,
        loopback_ports: Iterable[int] = (),
        shims: Collection[str] = SHIMS.keys(),
        extra_environment: Mapping[str, str] | None = None,
        access_key: str = TEST_ACCESS_KEY,
    ) -> None:
        self.access_key = access_key
        self.port = port if port is not None else free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._wait_scale = wait_scale
        self._loopback_ports = [*loopback_ports, self.port]
        self._shims = sorted(shims)
        self._extra = dict(extra_environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._room: Path | None = None

    @property
    def pid(self) -> int:
        """Of the emulator, which is also its process group."""
        if self._process is None:
            raise RuntimeError("The engine is not running.")
        return self._process.pid

    def start(self) -> Self:
        """Start and wait until it answers. Raises UserError if the port is taken."""
        _check_port(self.port)
        WORKSHOP.mkdir(parents=True, exist_ok=True)
        _clear_rooms_of_the_dead()
        self._room = Path(
            tempfile.mkdtemp(prefix=f"engine-{os.getpid()}-{self.port}-", dir=WORKSHOP)
        )
        with (self._room / "engine.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.emulator.launch", *self._shims],
                cwd=ROOT,
                env=self._environment(self._room),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def seal(self) -> None:
        """From now on no function is made or changed: what runs is what was deployed."""
        credential = f"AWS4-HMAC-SHA256 Credential={self.access_key}/seal"
        request = urllib.request.Request(  # our own server, on 127.0.0.1
            f"{self.url}{SEAL}", headers={"authorization": credential}, method="POST"
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10):
            pass

    def stop(self) -> None:
        """End it and every function still running, and remove their temporary files."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # it keeps nothing, so nothing to save
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        room, self._room = self._room, None
        if room is not None:
            shutil.rmtree(room, ignore_errors=True)

    def log(self) -> str:
        """What the emulator has printed so far."""
        path = None if self._room is None else self._room / "engine.log"
        return path.read_text(errors="replace") if path is not None and path.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def _environment(self, room: Path) -> dict[str, str]:
        temporary = room / "tmp"
        temporary.mkdir()
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return (
            inherited
            | {
                "GATEWAY_PORT": str(self.port),
                "BIND_HOST": HOST,  # its default is every interface
                "MINISTACK_HOST": "localhost",
                "MINISTACK_REGION": REGION,
                "IOT_MTLS_ENABLED": "0",  # its default opens an MQTT port
                "SFTP_ENABLED": "0",
                "LAMBDA_EXECUTOR": "local",
                "SFN_WAIT_SCALE": str(self._wait_scale),
                "LOG_LEVEL": "WARNING",
                "TMPDIR": str(temporary),
                "AWS_ACCESS_KEY_ID": self.access_key,
                KEY_VARIABLE: self.access_key,
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL": self.url,
                "AWS_CONFIG_FILE": os.devnull,  # no profile or endpoint of the user's may leak in
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                "RETAKE_LOOPBACK_PORTS": ",".join(str(port) for port in self._loopback_ports),
            }
            | self._extra
        )

    def _wait_until_it_answers(self) -> None:
        process = self._process
        if process is None:
            raise RuntimeError("The engine is not running.")
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at:
            if process.poll() is not None:
                said = (self.log().strip().splitlines() or ["nothing"])[-1]
                raise UserError(f"The emulator ended while starting; it said: {said}")
            if answers(self.url):
                return
            time.sleep(0.02)
        raise UserError(f"The emulator did not answer on {self.url} within {START_SECONDS} s.")


def answers(url: str) -> bool:
    """Whether an engine is there, and ready."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/_ministack/ready", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _clear_rooms_of_the_dead() -> None:
    """Remove what engines left whose starter was killed before it could tidy up."""
    for room in WORKSHOP.glob("engine-*-*"):
        starter = room.name.split("-")[1]
        if starter.isdigit() and not is_alive(int(starter)):
            shutil.rmtree(room, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _check_port(port: int) -> None:
    """Raises UserError when nothing can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise UserError(
                f"Port {port} is not allowed; choose one above 1023 with --port."
            ) from None
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            what = "is in use" if taken else "cannot be used"
            raise UserError(f"Port {port} {what}; choose another one with --port.") from None
