#include "net/relay/filters.h"

#include "base/assert.h"
#include "base/hex.h"

#include <stdio.h>

#define ANSWER_BYTES_MAX  ((size_t)4000000)
#define ANSWER_HEAD_BYTES (1 + 32 + 32 + 9)

void yc_filter_request_init(struct yc_filter_request *r, const struct yc_alloc *alloc)
{
    *r = (struct yc_filter_request){.asked = YC_MSG_UNKNOWN};
    yc_buf_init(&r->answer, alloc, ANSWER_BYTES_MAX);
}

void yc_filter_request_release(struct yc_filter_request *r)
{
    yc_buf_release(&r->answer);
}

static void finish(struct yc_filter_request *r)
{
    r->asked = YC_MSG_UNKNOWN;
    yc_buf_release(&r->answer);
}

/* ---- asking ---- */

static void breach(struct yc_peer *peer, const char *what)
{
    yc_log_debug(peer->shared->log, YC_LOGC_NET, "%s, disconnecting peer=%lld", what, (long long)peer->start.id);
    yc_peer_close(peer, YC_CLOSE_BREACH);
}

/* Is the request one that Bitcoin Core would answer? stop is the block that it ends with. */
static bool allowed(const struct yc_chain_view *view, struct yc_peer *peer, const struct yc_msg *m, uint32_t count_max,
                    struct yc_chain_entry *stop)
{
    char text[YC_LOG_TEXT_MAX / 8], hash[65];
    uint32_t first = m->u.filters.start_height;
    if (m->u.filters.filter_type != YC_FILTER_TYPE_BASIC || !view->filter) {
        (void)snprintf(text, sizeof text, "peer requested unsupported block filter type: %u",
                       (unsigned)m->u.filters.filter_type);
    } else if (!view->may_tell(view->ctx, &m->u.filters.stop, stop)) {
        yc_hex_write_reversed(hash, m->u.filters.stop.b, 32);
        (void)snprintf(text, sizeof text, "peer requested invalid block hash: %s", hash);
    } else if (first > stop->height) {
        (void)snprintf(text, sizeof text,
                       "peer sent invalid getcfilters/getcfheaders with start height %u and stop height %u",
                       (unsigned)first, (unsigned)stop->height);
    } else if (stop->height - first >= count_max) {
        (void)snprintf(text, sizeof text, "peer requested too many cfilters/cfheaders: %u / %u",
                       (unsigned)(stop->height - first + 1), (unsigned)count_max);
    } else {
        return true;
    }
    breach(peer, text);
    return false;
}

/* Of getcfheaders: the header before the first. False: it is not there. */
static bool write_header_before(struct yc_filter_request *r, const struct yc_chain_view *view, uint32_t first)
{
    struct yc_chain_entry before;
    uint8_t hash[32], header[32] = {0};
    struct yc_error err;
    bool ok = first == 0 || (view->ancestor(view->ctx, &r->stop, first - 1, &before) &&
                             view->filter_link(view->ctx, &before.hash, hash, header, &err) == YC_VALID);
    yc_buf_append(&r->answer, header, sizeof header);
    return ok;
}

static void write_count(struct yc_filter_request *r, size_t count)
{
    uint8_t bytes[9];
    struct yc_writer w;
    yc_writer_init(&w, bytes, sizeof bytes);
    yc_writer_compact(&w, count);
    yc_buf_append(&r->answer, bytes, w.n);
}

static void begin_answer(struct yc_filter_request *r, const struct yc_chain_view *view)
{
    uint8_t type = YC_FILTER_TYPE_BASIC;
    size_t count = r->next > r->last ? 0 : (r->last - r->next) / r->step + 1;
    yc_buf_append(&r->answer, &type, 1);
    yc_buf_append(&r->answer, r->stop.b, sizeof r->stop.b);
    if (r->asked == YC_MSG_GETCFHEADERS && !write_header_before(r, view, r->next)) {
        finish(r);
        return;
    }
    write_count(r, count);
}

void yc_filter_request_begin(struct yc_filter_request *r, const struct yc_chain_view *view, struct yc_peer *peer,
                             const struct yc_msg *m)
{
    struct yc_chain_entry stop;
    uint32_t count_max = m->type == YC_MSG_GETCFILTERS    ? YC_FILTERS_COUNT_MAX
                         : m->type == YC_MSG_GETCFHEADERS ? YC_FILTER_HEADERS_COUNT_MAX
                                                          : UINT32_MAX;
    YC_ASSERT(r->asked == YC_MSG_UNKNOWN);
    if (!allowed(view, peer, m, count_max, &stop))
        return;
    r->asked = m->type;
    r->stop = stop.hash;
    r->last = stop.height;
    r->step = m->type == YC_MSG_GETCFCHECKPT ? YC_FILTER_CHECKPOINT_INTERVAL : 1;
    r->next = m->type == YC_MSG_GETCFCHECKPT ? YC_FILTER_CHECKPOINT_INTERVAL : m->u.filters.start_height;
}

/* ---- answering ---- */

static bool send_filter(struct yc_filter_request *r, const struct yc_chain_view *view, struct yc_peer *peer,
                        const struct yc_block_hash *hash)
{
    uint8_t type = YC_FILTER_TYPE_BASIC;
    struct yc_buf filter;
    struct yc_error err;
    yc_buf_init(&filter, r->answer.alloc, ANSWER_BYTES_MAX);
    bool ok = view->filter(view->ctx, hash, &filter, &err) == YC_VALID && !filter.failed;
    if (ok) {
        yc_buf_clear(&r->answer);
        yc_buf_append(&r->answer, &type, 1);
        yc_buf_append(&r->answer, hash->b, sizeof hash->b);
        write_count(r, filter.n);
        yc_buf_append(&r->answer, filter.p, filter.n);
        ok = !r->answer.failed;
    }
    if (ok)
        yc_peer_send(peer, YC_MSG_CFILTER, yc_buf_view(&r->answer));
    yc_buf_release(&filter);
    return ok;
}

/* False: it is not there. */
static bool take_one(struct yc_filter_request *r, const struct yc_chain_view *view, struct yc_peer *peer)
{
    struct yc_chain_entry at;
    uint8_t filter_hash[32], header[32];
    struct yc_error err;
    if (!view->ancestor(view->ctx, &r->stop, r->next, &at))
        return false;
    if (r->asked == YC_MSG_GETCFILTERS)
        return send_filter(r, view, peer, &at.hash);
    if (view->filter_link(view->ctx, &at.hash, filter_hash, header, &err) != YC_VALID)
        return false;
    yc_buf_append(&r->answer, r->asked == YC_MSG_GETCFHEADERS ? filter_hash : header, 32);
    return !r->answer.failed;
}

enum yc_filter_progress yc_filter_request_serve(struct yc_filter_request *r, const struct yc_chain_view *view,
                                                struct yc_peer *peer, unsigned records_max)
{
    if (r->asked == YC_MSG_UNKNOWN)
        return YC_FILTERS_ANSWERED;
    if (view->filters_soon(view->ctx, &r->stop))
        return YC_FILTERS_WAITING;
    if (r->asked != YC_MSG_GETCFILTERS && r->answer.n == 0)
        begin_answer(r, view);
    for (unsigned i = 0; r->asked != YC_MSG_UNKNOWN && r->next <= r->last; i++) {
        if (i == records_max || yc_peer_send_paused(peer))
            return YC_FILTERS_MORE;
        if (!take_one(r, view, peer)) {
            yc_log_debug(peer->shared->log, YC_LOGC_NET, "Failed to find block filter in index: height %u, peer=%lld",
                         (unsigned)r->next, (long long)peer->start.id);
            finish(r);
        }
        r->next += r->step;
    }
    if (r->asked == YC_MSG_GETCFHEADERS || r->asked == YC_MSG_GETCFCHECKPT)
        yc_peer_send(peer, r->asked == YC_MSG_GETCFHEADERS ? YC_MSG_CFHEADERS : YC_MSG_CFCHECKPT,
                     yc_buf_view(&r->answer));
    finish(r);
    return YC_FILTERS_ANSWERED;
}
