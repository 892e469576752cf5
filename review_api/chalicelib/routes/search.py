"""Routes of search: by text, clip or picture, clips that look alike, and near-duplicates."""

from chalicelib.cursors import cut_page, read_cursor, refuse_cursor
from chalicelib.endpoints import Call, Endpoints
from chalicelib.models.search import (
    DuplicatePage,
    DuplicatePair,
    DuplicateRequest,
    DuplicatesQuery,
    ImageRequest,
    ImageUpload,
    SearchAnswer,
    SearchFilters,
    SearchRequest,
    SimilarQuery,
)
from chalicelib.query_vectors import embed_query, make_image_upload
from chalicelib.search_answers import read_matches, read_pairs, show_found, show_pairs

from heaters.catalog import listing
from heaters.catalog.search import duplicates
from heaters.catalog.search.nearest import Filters, QueryVector, find_clips, get_clip_vector
from heaters.domain.errors import (
    ModelRejected,
    NotEmbedded,
    NoTextModel,
    NotFound,
    SourceTooLarge,
    StageTimeout,
    StaleVersion,
    UnsupportedMedia,
    WorkflowUnavailable,
)

search = Endpoints(__name__)

_MAX_ID = 2**63 - 1


@search.endpoint(
    "GET", "/clips/{clip_id}/similar", query=SimilarQuery, answers=SearchAnswer, refuses=(NotFound, NotEmbedded)
)  # fmt: skip
def list_similar(call: Call, clip_id: str) -> SearchAnswer:
    """List the clips that look most like this one as a whole."""
    filters = Filters(except_clip_id=clip_id)
    with call.services.catalog.transaction() as connection:
        listing.get_clip(connection, clip_id)
        query = get_clip_vector(connection, clip_id, model=call.services.settings.embed_model)
        matches = find_clips(connection, query, whole=True, filters=filters, limit=call.query.limit)
        found = read_matches(connection, matches)
    return SearchAnswer(items=show_found(found, call.services.store, matches), model=query.model)


@search.endpoint(
    "POST", "/search", body=SearchRequest, answers=SearchAnswer,
    refuses=(NotFound, NotEmbedded, NoTextModel, UnsupportedMedia, SourceTooLarge, ModelRejected,
             StageTimeout, WorkflowUnavailable),
)  # fmt: skip
def search_clips(call: Call) -> SearchAnswer:
    """Find clips one of whose keyframes is near to a text, a clip or a picture, best first."""
    request = call.body
    filters = _read_filters(request.filters, except_clip_id=request.clip_id)
    query = (
        _vector_of_clip(call, request.clip_id)
        if request.clip_id
        else embed_query(call.services, call.person, request, call.new_id)
    )
    with call.services.catalog.transaction() as connection:
        matches = find_clips(connection, query, whole=False, filters=filters, limit=request.limit)
        found = read_matches(connection, matches)
    return SearchAnswer(items=show_found(found, call.services.store, matches), model=query.model)


@search.endpoint("POST", "/search/images", body=ImageRequest, answers=ImageUpload, status=201)
def add_search_image(call: Call) -> ImageUpload:
    """Get a URL to which a picture to search with is uploaded."""
    return make_image_upload(call.services, call.person, call.body)


@search.endpoint("GET", "/duplicates", query=DuplicatesQuery, answers=DuplicatePage)
def list_duplicates(call: Call) -> DuplicatePage:
    """List pairs of clips that look alike, most alike first; those that nobody has decided on, or one decision's."""
    key = read_cursor(call.query.cursor, str, int)
    after = (_read_similarity(key[0]), key[1]) if key else None
    with call.services.catalog.transaction() as connection:
        rows = duplicates.list_pairs(
            connection, decision=call.query.decision, after=after, limit=call.query.limit + 1
        )
        rows, cursor = cut_page(rows, call.query.limit, lambda row: (repr(row["similarity"]), row["pair_id"]))
        found = read_pairs(connection, rows)
    return DuplicatePage(items=show_pairs(found, call.services.store, rows), next_cursor=cursor)


@search.endpoint(
    "POST", "/duplicates/{pair_id}", body=DuplicateRequest, answers=DuplicatePair, refuses=(NotFound, StaleVersion)
)  # fmt: skip
def decide_duplicate(call: Call, pair_id: str) -> DuplicatePair:
    """Remember whether two clips are the same picture; one that somebody else decided on is refused (409)."""
    with call.services.catalog.transaction() as connection:
        row = duplicates.decide_pair(
            connection,
            pair_id=_read_pair_id(pair_id),
            decision=call.body.decision,
            reviewer=call.person.name,
            version=call.body.version,
        )
        found = read_pairs(connection, [row])
    (pair,) = show_pairs(found, call.services.store, [row])
    return pair


def _vector_of_clip(call: Call, clip_id: str) -> QueryVector:
    with call.services.catalog.transaction() as connection:
        listing.get_clip(connection, clip_id)
        return get_clip_vector(connection, clip_id, model=call.services.settings.embed_model)


def _read_filters(given: SearchFilters, *, except_clip_id: str | None) -> Filters:
    return Filters(
        video_id=given.video_id,
        states=given.states,
        created_from=given.created_from,
        created_to=given.created_to,
        min_s=given.length_from_s,
        max_s=given.length_to_s,
        except_clip_id=except_clip_id,
    )


def _read_pair_id(pair_id: str) -> int:
    if not (pair_id.isdecimal() and int(pair_id) <= _MAX_ID):
        raise NotFound(f"There is no pair {pair_id}; list the duplicates to find it.")
    return int(pair_id)


def _read_similarity(text: str) -> float:
    try:
        similarity = float(text)
    except ValueError as exc:
        raise refuse_cursor() from exc
    if not -1 <= similarity <= 1:
        raise refuse_cursor()
    return similarity
