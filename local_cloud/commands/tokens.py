"""A bearer token from the cloud that is running in this checkout, asked for as the site asks for it."""

import json
import urllib.error
import urllib.request
from typing import Any

from local_cloud.machine.settings import LOOPBACK, LocalCloudError, LocalSettings

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request_token(user: str, settings: LocalSettings) -> str:
    """An id token of a local user. Raises LocalCloudError when nothing runs or there is no such user."""
    url = f"http://{LOOPBACK}:{settings.port}"
    try:
        config = _ask(urllib.request.Request(f"{url}/config.json"))  # noqa: S310 - loopback
    except OSError as exc:
        raise LocalCloudError(f"Nothing answers at {url}; start it with `make run`, then ask again.") from exc
    parameters = {"USERNAME": user, "PASSWORD": config["localUser"]["password"]}
    body = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": config["cognito"]["clientId"],
        "AuthParameters": parameters,
    }
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    request = urllib.request.Request(  # noqa: S310 - loopback
        config["cognito"]["endpoint"], data=json.dumps(body).encode(), headers=headers
    )
    try:
        return str(_ask(request)["AuthenticationResult"]["IdToken"])
    except urllib.error.HTTPError as exc:
        raise LocalCloudError(f"There is no local user {user!r}; choose reviewer or operator.") from exc


def _ask(request: urllib.request.Request) -> Any:
    with _OPENER.open(request, timeout=10) as answer:
        return json.loads(answer.read())
