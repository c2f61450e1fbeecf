/* The messages of the P2P network: what each holds, reading and writing. Payloads only; frames are net/proto/frame.h.
 * Long lists stay views into the payload. Any thread.
 *
 * Attacks it answers: counts that promise more than the bytes hold (catalogue P31: nothing is allocated here); one
 * element more than the protocol allows (P28); every truncation and every value of every field (P20, P43).
 * Source: Bitcoin's protocol; BIP 31, 35, 37 (relay flag), 130, 133, 152, 155, 157, 339, 434. */
#ifndef YC_NET_PROTO_MESSAGE_H
#define YC_NET_PROTO_MESSAGE_H

#include "base/reader.h"
#include "base/writer.h"
#include "consensus/block.h"
#include "net/addr/netaddr.h"

#define YC_PROTOCOL_VERSION             70017
#define YC_PROTOCOL_VERSION_MIN         31800 /* a peer below it is refused */
#define YC_PROTOCOL_VERSION_PING_NONCE  60000 /* above it: BIP 31 */
#define YC_PROTOCOL_VERSION_SENDHEADERS 70012
#define YC_PROTOCOL_VERSION_FEEFILTER   70013
#define YC_PROTOCOL_VERSION_CMPCT       70014
#define YC_PROTOCOL_VERSION_WTXIDRELAY  70016
#define YC_PROTOCOL_VERSION_FEATURE     70017

#define YC_INV_COUNT_MAX     50000
#define YC_HEADERS_COUNT_MAX 2000
#define YC_ADDR_COUNT_MAX    1000
#define YC_LOCATOR_COUNT_MAX 101
#define YC_USER_AGENT_MAX    256 /* bytes */
#define YC_FEATURE_ID_MIN    4   /* bytes, BIP 434 */
#define YC_FEATURE_ID_MAX    80
#define YC_FEATURE_DATA_MAX  512

/* Service bits. */
#define YC_NODE_NETWORK         (UINT64_C(1) << 0)
#define YC_NODE_BLOOM           (UINT64_C(1) << 2)
#define YC_NODE_WITNESS         (UINT64_C(1) << 3)
#define YC_NODE_COMPACT_FILTERS (UINT64_C(1) << 6)
#define YC_NODE_NETWORK_LIMITED (UINT64_C(1) << 10)
#define YC_NODE_P2P_V2          (UINT64_C(1) << 11)

enum yc_msg_type {
    YC_MSG_UNKNOWN = 0,
#define X(code, name, least, phase) YC_MSG_##code,
#include "net/proto/message.def"
#undef X
    YC_MSG_COUNT
};

enum yc_msg_phase { YC_PHASE_HANDSHAKE, YC_PHASE_INTERNAL, YC_PHASE_OWNER };

struct yc_msg_info {
    const char *name;
    uint32_t payload_min;
    enum yc_msg_phase phase;
};

/** The table's row; that of YC_MSG_UNKNOWN is named "*other*". Static. */
const struct yc_msg_info *yc_msg_info(enum yc_msg_type type);
/** YC_MSG_UNKNOWN when no row has the name. */
enum yc_msg_type yc_msg_find(const char *name);

/* What an inventory item names. A witness flag on TX or BLOCK in getdata asks for the form with witness. */
enum yc_inv_type { YC_INV_TX = 1, YC_INV_BLOCK = 2, YC_INV_FILTERED_BLOCK = 3, YC_INV_CMPCT_BLOCK = 4, YC_INV_WTX = 5 };
#define YC_INV_WITNESS_FLAG  (UINT32_C(1) << 30)
#define YC_INV_WITNESS_TX    (YC_INV_WITNESS_FLAG | YC_INV_TX)
#define YC_INV_WITNESS_BLOCK (YC_INV_WITNESS_FLAG | YC_INV_BLOCK)
#define YC_INV_BYTES         36

struct yc_inv {
    uint32_t type; /* enum yc_inv_type, with flags; any value on the wire */
    uint8_t hash32[32];
};

struct yc_msg_version {
    int32_t version;
    uint64_t services;
    int64_t time_s;        /* never negative: less is read as 0 (catalogue P08) */
    struct yc_netaddr you; /* how the sender sees the receiver; its services are not kept */
    struct yc_netaddr me;  /* written only; not kept when read */
    uint64_t nonce;
    struct yc_view user_agent; /* raw bytes, at most YC_USER_AGENT_MAX: see yc_text_sanitise() */
    int32_t height;            /* -1: not given */
    bool relay;                /* true when not given */
};

/* Lists on the wire: count elements in items. */
struct yc_inv_list {
    struct yc_view items; /* YC_INV_BYTES each */
    size_t count;
};
#define YC_HEADER_LIST_STRIDE 81 /* a header and its count of transactions, one byte */
struct yc_header_list {
    struct yc_view items; /* YC_HEADER_LIST_STRIDE each: yc_sha256d_80_batch() can hash them where they are */
    size_t count;
};
struct yc_locator_view {
    struct yc_view hashes; /* 32 bytes each, highest block first */
    size_t count;
    struct yc_block_hash stop; /* all zero: as many as fit */
};
struct yc_addr_list {
    struct yc_view items;
    size_t count;
    bool v2;
};

struct yc_addr_entry {
    uint32_t time_s; /* last seen, as claimed */
    uint64_t services;
    bool known; /* addr holds the address; false: it is of a network that we do not know, or none that may be sent */
    struct yc_netaddr addr;
};

struct yc_msg {
    enum yc_msg_type type;
    struct yc_view payload; /* all of it; the rest of this struct may be views into it */
    union {
        struct yc_msg_version version;
        struct {
            uint64_t nonce;
            bool has_nonce; /* before BIP 31 there was none */
        } ping;             /* pong too */
        struct {
            bool high_bandwidth;
            uint8_t announce; /* the byte as sent; above 1 is a breach */
            uint64_t version;
        } sendcmpct;
        struct {
            bool ok; /* false: not of the form of BIP 434, for which the sender is disconnected */
            struct yc_view id, data;
        } feature;
        int64_t feefilter_sat_per_kvb; /* as sent: not yet checked */
        struct yc_addr_list addr;      /* addr, addrv2 */
        struct yc_inv_list inv;        /* inv, getdata, notfound */
        struct yc_header_list headers;
        struct yc_locator_view locator; /* getheaders, getblocks */
        struct {
            uint8_t filter_type;
            uint32_t start_height; /* 0 in getcfcheckpt */
            struct yc_block_hash stop;
        } filters; /* getcfilters, getcfheaders, getcfcheckpt */
        struct {
            struct yc_header header;
            struct yc_block_hash hash;
        } block; /* block, cmpctblock: the payload's first 80 bytes */
    } u;         /* nothing for the others: tx, blocktxn and getblocktxn are read from the payload by their users */
};

enum yc_msg_fault_kind {
    YC_FAULT_NONE,
    YC_FAULT_MALFORMED, /* the bytes are not such a message: ignored, as Bitcoin Core does */
    YC_FAULT_BREACH,    /* more elements than allowed: the sender is disconnected and discouraged */
    YC_FAULT_CLOSE      /* disconnected without more (a locator that is too long) */
};
struct yc_msg_fault {
    enum yc_msg_fault_kind kind;
    char text[96]; /* Bitcoin Core's words where it has some: "inv message size = 50001" */
};

/** Read a payload. Bytes behind a complete message are allowed, as Bitcoin Core does.
 *  payload  borrowed: *out holds views into it
 *  fault    written when the result is not YC_VALID
 *  Returns YC_VALID or YC_INVALID. Cost linear in the payload. */
enum yc_verdict yc_msg_parse(struct yc_msg *out, enum yc_msg_type type, struct yc_view payload,
                             struct yc_msg_fault *fault) YC_MUST_USE;

/** Element i < count of a parsed list. */
struct yc_inv yc_inv_list_at(const struct yc_inv_list *l, size_t i);
/** The 80 bytes of header i < count. */
const uint8_t *yc_header_list_at(const struct yc_header_list *l, size_t i);
struct yc_block_hash yc_locator_at(const struct yc_locator_view *l, size_t i);
/** Walk the addresses of a parsed list: *r starts zeroed; false at the end. */
struct yc_addr_cursor {
    size_t offset, index;
};
bool yc_addr_list_next(const struct yc_addr_list *l, struct yc_addr_cursor *at, struct yc_addr_entry *out);

/* Writing: each appends one payload to the writer. Counts must be within the limits above. */
void yc_msg_write_version(struct yc_writer *w, const struct yc_msg_version *v, uint64_t you_services);
void yc_msg_write_inv(struct yc_writer *w, const struct yc_inv *items, size_t count);
/** addrv2 when v2, else addr, which leaves out those that are no IP addresses. */
void yc_msg_write_addr(struct yc_writer *w, const struct yc_addr_entry *entries, size_t count, bool v2);
/* One entry as addrv2 has it, which files use too. Reading: false when the bytes end or the address cannot be. */
void yc_addr_entry_write(struct yc_writer *w, const struct yc_addr_entry *e);
bool yc_addr_entry_read(struct yc_reader *r, struct yc_addr_entry *out) YC_MUST_USE;
/** headers: count headers of 80 bytes that lie one after another. */
void yc_msg_write_headers(struct yc_writer *w, const uint8_t *headers80, size_t count);
/** getheaders or getblocks; stop may be NULL. */
void yc_msg_write_locator(struct yc_writer *w, const struct yc_block_hash *hashes, size_t count,
                          const struct yc_block_hash *stop);

/** Keep the characters that Bitcoin Core deems safe in text from peers (letters, digits, " .,;-_/:?@()"), cut to
 *  cap - 1, NUL-terminated. Returns the length. */
size_t yc_text_sanitise(char *out, size_t cap, struct yc_view text);

#endif
