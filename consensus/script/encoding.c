#include "consensus/script/encoding.h"

#include "consensus/script/flags.h"
#include "consensus/script/sighash.h"
#include "crypto/secp.h"

#define DER_SEQUENCE  0x30
#define DER_INTEGER   0x02
#define SIG_BYTES_MIN 9  /* two integers of one byte, and the hash type */
#define SIG_BYTES_MAX 73 /* two of 33 bytes */

/* Is there at p a positive integer of n bytes in its shortest form? */
static bool integer_is_strict(const uint8_t *p, size_t n)
{
    if (n == 0 || p[0] & 0x80)
        return false;
    return !(n > 1 && p[0] == 0 && !(p[1] & 0x80));
}

bool yc_sig_is_strict_der(struct yc_view sig)
{
    if (sig.n < SIG_BYTES_MIN || sig.n > SIG_BYTES_MAX)
        return false;
    const uint8_t *p = sig.p;
    if (p[0] != DER_SEQUENCE || p[1] != sig.n - 3)
        return false;
    size_t r_bytes = p[3];
    if (5 + r_bytes >= sig.n)
        return false;
    size_t s_bytes = p[5 + r_bytes];
    if (r_bytes + s_bytes + 7 != sig.n)
        return false;
    if (p[2] != DER_INTEGER || !integer_is_strict(p + 4, r_bytes))
        return false;
    return p[4 + r_bytes] == DER_INTEGER && integer_is_strict(p + 6 + r_bytes, s_bytes);
}

enum yc_script_error yc_sig_check_encoding(struct yc_view sig, uint32_t flags)
{
    if (sig.n == 0)
        return YC_SCRIPT_OK;
    const uint32_t strict = YC_SCRIPT_DERSIG | YC_SCRIPT_LOW_S | YC_SCRIPT_STRICTENC;
    if (flags & strict && !yc_sig_is_strict_der(sig))
        return YC_SCRIPT_ERR_SIG_DER;
    if (flags & YC_SCRIPT_LOW_S && !yc_secp_sig_is_low_s(yc_view_slice(sig, 0, sig.n - 1)))
        return YC_SCRIPT_ERR_SIG_HIGH_S;
    if (flags & YC_SCRIPT_STRICTENC) {
        unsigned type = sig.p[sig.n - 1] & ~(unsigned)YC_SIGHASH_ANYONECANPAY;
        if (type < YC_SIGHASH_ALL || type > YC_SIGHASH_SINGLE)
            return YC_SCRIPT_ERR_SIG_HASHTYPE;
    }
    return YC_SCRIPT_OK;
}

static bool is_compressed(struct yc_view key)
{
    return key.n == 33 && (key.p[0] == 0x02 || key.p[0] == 0x03);
}

static bool is_uncompressed(struct yc_view key)
{
    return key.n == 65 && key.p[0] == 0x04;
}

enum yc_script_error yc_pubkey_check_encoding(struct yc_view pubkey, uint32_t flags, bool witness_v0)
{
    if (flags & YC_SCRIPT_STRICTENC && !is_compressed(pubkey) && !is_uncompressed(pubkey))
        return YC_SCRIPT_ERR_PUBKEYTYPE;
    if (flags & YC_SCRIPT_WITNESS_PUBKEYTYPE && witness_v0 && !is_compressed(pubkey))
        return YC_SCRIPT_ERR_WITNESS_PUBKEYTYPE;
    return YC_SCRIPT_OK;
}

bool yc_push_is_minimal(const struct yc_script_op *op)
{
    struct yc_view d = op->data;
    if (d.n == 0)
        return op->opcode == YC_OP_0;
    if (d.n == 1 && ((d.p[0] >= 1 && d.p[0] <= 16) || d.p[0] == 0x81))
        return false; /* OP_1..OP_16 and OP_1NEGATE push these */
    if (d.n < YC_OP_PUSHDATA1)
        return op->opcode == d.n;
    return op->opcode == (d.n <= UINT8_MAX ? YC_OP_PUSHDATA1 : d.n <= UINT16_MAX ? YC_OP_PUSHDATA2 : YC_OP_PUSHDATA4);
}
