"""Where a local cloud keeps its state and which port it is reached on. Reads the environment in one place."""

import os
from dataclasses import dataclass
from pathlib import Path

from heaters.domain.settings import Reader, names_given_to

REPOSITORY = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8700

# Names of variables, not secrets: what a child needs to find programs, certificates and a proxy.
_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "HEATERS_MODELS",
)  # fmt: skip

_OVERRIDABLE = (
    *names_given_to(Reader.FUNCTIONS, Reader.API), "HEATERS_ALLOW_LOOPBACK", "HEATERS_SCENE_NETWORK",
)  # fmt: skip


class LocalCloudError(Exception):
    """The local cloud cannot start or go on; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class LocalSettings:
    """`port` 0 takes any free port. `overrides` are environment variables laid over every function's and job's own.

    `assembly` is a ready cloud assembly; without it the CDK app is run, its results kept under `synth_cache`.
    """

    home: Path
    port: int = 0
    overrides: tuple[tuple[str, str], ...] = ()
    synth_cache: Path | None = None
    assembly: Path | None = None

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def cdk(self) -> Path:
        return self.synth_cache or self.home / "cdk"


def read_settings() -> LocalSettings:
    """HEATERS_HOME (default `.heaters` in the checkout), HEATERS_PORT (default 8700), and whichever of the
    template's own settings (`_OVERRIDABLE`) the caller has set.
    """
    home = Path(os.environ.get("HEATERS_HOME") or REPOSITORY / ".heaters").resolve()
    text = os.environ.get("HEATERS_PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 <= int(text) < 65536:
        raise LocalCloudError(f"HEATERS_PORT is {text!r}; set it to a port number such as {DEFAULT_PORT}.")
    overrides = tuple((name, os.environ[name]) for name in _OVERRIDABLE if os.environ.get(name))
    return LocalSettings(home=home, port=int(text), overrides=overrides)


def base_environment() -> dict[str, str]:
    """What every child process starts from: nothing of the caller's AWS configuration gets through."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": f"{LOOPBACK},localhost",
        "no_proxy": f"{LOOPBACK},localhost",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "POWERTOOLS_TRACE_DISABLED": "1",
        "POWERTOOLS_METRICS_NAMESPACE": "Heaters",
    }
