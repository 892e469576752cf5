"""How the API's log is written: one JSON object a line, so that Logs Insights finds fields instead of text."""

import json
import logging

FIELDS = "fields"
"""`extra={FIELDS: {...}}`: what a line says instead of its message."""


class JsonLine(logging.Formatter):
    """A record as one line of JSON: its level, then its fields or its message, then what was raised."""

    def format(self, record: logging.LogRecord) -> str:
        said = getattr(record, FIELDS, None) or {"message": record.getMessage()}
        raised = {"exception": self.formatException(record.exc_info)} if record.exc_info else {}
        return json.dumps({"level": record.levelname, **said, **raised}, default=str)


def write_json_lines(log: logging.Logger) -> None:
    """From now on, through every handler that `log` has."""
    for handler in log.handlers:
        handler.setFormatter(JsonLine())
