"""The local cloud's commands: `python -m local_cloud run | demo PATH… | token [USER]`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from local_cloud.machine.settings import LocalCloudError, LocalSettings, read_settings

_INTERRUPTED = 130
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. Errors that a person can mend are said in one sentence, without a traceback."""
    options = _parse(arguments)
    for number in _STOPPING:
        signal.signal(number, _interrupt)
    try:
        return int(options.command(options, read_settings()))
    except LocalCloudError as exc:
        print(f"heaters: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nheaters: stopped", file=sys.stderr)
        return _INTERRUPTED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_cloud", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run everything until Ctrl-C")
    run.set_defaults(command=_run)
    demo = commands.add_parser("demo", help="process videos from upload to embeddings, and check the result")
    demo.add_argument("videos", nargs="*", help="files, folders or URLs; without any, a generated sample")
    demo.set_defaults(command=_demo)
    token = commands.add_parser("token", help="print a bearer token of a local user of the running cloud")
    token.add_argument("user", nargs="?", default="reviewer")
    token.set_defaults(command=_token)
    return parser.parse_args(arguments)


def _run(_: argparse.Namespace, settings: LocalSettings) -> int:
    from local_cloud.commands.run import run_until_interrupted  # noqa: PLC0415 - `token` need not load a whole cloud
    from local_cloud.commands.terminal import Progress  # noqa: PLC0415

    run_until_interrupted(settings, Progress())
    return 0


def _demo(options: argparse.Namespace, settings: LocalSettings) -> int:
    from local_cloud.commands.demo import find_inputs, run_demo  # noqa: PLC0415 - as above
    from local_cloud.commands.sample import make_sample  # noqa: PLC0415
    from local_cloud.commands.terminal import Progress  # noqa: PLC0415

    videos = options.videos or [str(make_sample(settings.home / "sample.mp4"))]
    inputs = [found for video in videos for found in find_inputs(video)]
    return run_demo(inputs, settings, Progress())


def _token(options: argparse.Namespace, settings: LocalSettings) -> int:
    from local_cloud.commands.tokens import request_token  # noqa: PLC0415 - as above

    print(request_token(options.user, settings))
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Stop in good order; when asked again, at once: the watchdog ends the children."""
    for number in _STOPPING:
        signal.signal(number, lambda *_: os._exit(_INTERRUPTED))
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
