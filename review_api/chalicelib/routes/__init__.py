"""The routes, one blueprint a topic, and the table of all of them."""

from chalicelib.endpoints import Endpoint, Endpoints
from chalicelib.routes.changes import changes
from chalicelib.routes.clips import clips
from chalicelib.routes.cuts import cuts
from chalicelib.routes.detections import detections
from chalicelib.routes.playback import playback
from chalicelib.routes.queue import queue
from chalicelib.routes.search import search
from chalicelib.routes.uploads import uploads
from chalicelib.routes.videos import videos
from chalicelib.routes.waveforms import waveforms

BLUEPRINTS: tuple[Endpoints, ...] = (
    videos,
    clips,
    cuts,
    detections,
    waveforms,
    playback,
    queue,
    uploads,
    search,
    changes,
)


def list_endpoints() -> list[Endpoint]:
    """Every route that needs a signed-in person, in the order in which they are declared."""
    return [endpoint for blueprint in BLUEPRINTS for endpoint in blueprint.table]
