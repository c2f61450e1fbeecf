#include "formats/qr/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#define QUIET_MODULES 4 /* ISO/IEC 18004 asks for so many on every side */

/* Is the module drawn with ink? Outside the code is light. */
static bool has_ink(const QRcode *code, int x, int y, enum yc_qr_ground ground)
{
    bool is_dark = x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
    return is_dark == (ground == YC_QR_LIGHT_TERMINAL);
}

enum yc_verdict yc_qr_print(struct yc_buf *out, const char *text, enum yc_qr_ground ground, struct yc_error *err)
{
    static const char *const block[4] = {" ", "\xe2\x96\x80", "\xe2\x96\x84",
                                         "\xe2\x96\x88"}; /* none, upper, lower, both */
    errno = 0;
    QRcode *code = text[0] ? QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) : NULL;
    if (!code && errno == ENOMEM)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for a QR code");
    if (!code)
        return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "a QR code cannot hold %zu characters: give 1 to 2331",
                       strlen(text));
    for (int y = -QUIET_MODULES; y < code->width + QUIET_MODULES; y += 2) {
        for (int x = -QUIET_MODULES; x < code->width + QUIET_MODULES; x++) {
            bool last = y + 1 == code->width + QUIET_MODULES;
            unsigned both = has_ink(code, x, y, ground) ? 1u : 0u;
            both |= !last && has_ink(code, x, y + 1, ground) ? 2u : 0u;
            yc_buf_append_text(out, block[both]);
        }
        yc_buf_append_text(out, "\n");
    }
    QRcode_free(code);
    return out->failed ? yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for a QR code") : YC_VALID;
}
