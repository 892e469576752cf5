"""The review API as a Chalice app: it only puts the parts together."""

import logging

from chalice.app import Chalice, Response
from chalicelib.answers import answer, reshape_chalice_errors
from chalicelib.log_lines import write_json_lines
from chalicelib.models.base import Health
from chalicelib.request_log import log_request
from chalicelib.routes import BLUEPRINTS

app = Chalice(app_name="heaters-review")
app.log.setLevel(logging.INFO)
write_json_lines(app.log)
app.register_middleware(log_request, "http")
app.register_middleware(reshape_chalice_errors, "http")
for blueprint in BLUEPRINTS:
    app.register_blueprint(blueprint)


@app.route("/health", methods=["GET"])
def health() -> Response:
    """Whether the API is up; open to everybody."""
    return answer(Health(), 200)
