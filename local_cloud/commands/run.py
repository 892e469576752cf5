"""`make run`: the whole system on this machine until it is told to stop, with what happens on the terminal."""

import time
from collections.abc import Callable
from typing import Any

from heaters.domain import object_keys
from local_cloud.aws.cognito import GROUPS_OF
from local_cloud.cloud import LocalCloud, start_local_cloud
from local_cloud.commands.api_client import ApiClient, ApiRefused
from local_cloud.commands.sample import make_sample
from local_cloud.commands.terminal import Progress
from local_cloud.machine.settings import LocalSettings

_POLL_S = 1.0

_READY = """
  Heaters is running.

    site      {url}
    sign in   {users}, password {password}
    upload    aws --endpoint-url {url} s3 cp VIDEO s3://{bucket}/uploads/
    API       {url}/api   (bearer token: make token)
    AWS       {url}   (Step Functions, S3, SQS, ... with any credentials, region us-east-1)
    logs      {logs}

  Ctrl-C stops everything; what was uploaded and reviewed is kept in {home}.
"""


def run_until_interrupted(settings: LocalSettings, progress: Progress) -> None:
    """Run until a signal raises KeyboardInterrupt; what was started is stopped in any case."""
    with start_local_cloud(settings, say=progress.say) as cloud:
        try:
            _run(cloud, progress)
        except KeyboardInterrupt:
            progress.say("stopping")


def _run(cloud: LocalCloud, progress: Progress) -> None:
    api = ApiClient(f"{cloud.url}/api", lambda: cloud.sign_in.token("operator"))
    first_videos = _wait_for_api(api)
    ready = _READY.format(
        url=cloud.url,
        users=" or ".join(GROUPS_OF),
        password=cloud.sign_in.password,
        bucket=cloud.bucket,
        logs=cloud.settings.logs,
        home=cloud.settings.home,
    )
    print(ready, flush=True)
    if not first_videos:
        _upload_sample(cloud, progress)
    _follow(api, progress)


def _wait_for_api(api: ApiClient) -> list[Any]:
    """The first videos in the catalog, as soon as the API answers."""
    while True:
        try:
            return list(api.get("/videos", limit=1)["items"])
        except ApiRefused as exc:
            if exc.status not in (502, 504):
                raise
            time.sleep(0.2)


def _upload_sample(cloud: LocalCloud, progress: Progress) -> None:
    s3 = cloud.client("s3")
    if s3.list_objects_v2(Bucket=cloud.bucket, Prefix=object_keys.UPLOADS, MaxKeys=1).get("KeyCount"):
        return
    progress.say("the catalog is empty: making a sample video and uploading it")
    path = make_sample(cloud.settings.home / "sample.mp4")
    s3.upload_file(str(path), cloud.bucket, f"{object_keys.UPLOADS}sample/sample.mp4")


def _follow(api: ApiClient, progress: Progress) -> None:
    """Show what changes. An API that is away for a moment (it is being restarted) is waited for."""
    show: Callable[[str, Any], None] = progress.remember
    while True:
        try:
            videos = api.get("/videos", limit=50)["items"]
        except (ApiRefused, OSError):
            videos = []
        for video in reversed(videos):
            show(video["title"][:40], video)
        show = progress.show
        time.sleep(_POLL_S)
