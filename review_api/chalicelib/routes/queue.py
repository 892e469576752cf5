"""Routes of the queue: which clips a reviewer looks at next."""

import uuid

from chalicelib.clip_answers import show_clips
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.clips import Lease, LeaseEnded, NextAnswer, NextRequest
from chalicelib.resumption import list_lost_gates, resume_gates

from heaters.catalog import listing
from heaters.catalog.review import leases
from heaters.domain.errors import NotFound

queue = Endpoints(__name__)


@queue.endpoint("POST", "/queue/next", body=NextRequest, answers=NextAnswer)
def lease_next(call: Call) -> NextAnswer:
    """Lease the next pending clips for five minutes, oldest video first."""
    with call.services.catalog.transaction() as connection:
        lease = leases.lease_next(
            connection,
            reviewer=call.person.name,
            lease_id=str(uuid.uuid4()),
            count=call.body.count,
            video_id=call.body.video_id,
            holding=call.body.holding,
        )
        rows = listing.get_clips(connection, lease.clip_ids) if lease else []
        lost = list_lost_gates(connection)
    resume_gates(call.services, lost)
    return NextAnswer(
        items=show_clips(rows, call.services.store),
        lease_id=lease.lease_id if lease else None,
        expires_at=lease.expires_at if lease else None,
    )


@queue.endpoint("POST", "/leases/{lease_id}/renew", answers=Lease, refuses=(NotFound,))
def renew_lease(call: Call, lease_id: str) -> Lease:
    """Keep a lease for another five minutes."""
    with call.services.catalog.transaction() as connection:
        lease = leases.renew_lease(connection, lease_id=lease_id, reviewer=call.person.name)
    return Lease(lease_id=lease.lease_id, expires_at=lease.expires_at)


@queue.endpoint("DELETE", "/leases/{lease_id}", answers=LeaseEnded)
def end_lease(call: Call, lease_id: str) -> LeaseEnded:
    """Give the clips of a lease back to the queue."""
    with call.services.catalog.transaction() as connection:
        ended = leases.end_lease(connection, lease_id=lease_id, reviewer=call.person.name)
    return LeaseEnded(ended=ended)
