/* QR codes for a terminal, two modules to a character (half blocks). The only file that sees libqrencode, in a module
 * of its own so that only programs which draw link to it. Any thread. */
#ifndef YC_FORMATS_QR_QR_H
#define YC_FORMATS_QR_QR_H

#include "base/buf.h"
#include "base/result.h"

enum yc_qr_ground {
    YC_QR_DARK_TERMINAL, /* light text on a dark ground: blocks are drawn for light modules */
    YC_QR_LIGHT_TERMINAL /* the other way round */
};

/** Append the code of the text, with its quiet zone of 4 modules, as lines of UTF-8.
 *  Returns YC_VALID; YC_INVALID when the text is too long for a QR code or empty; YC_SYSTEM (MEMORY). */
enum yc_verdict yc_qr_print(struct yc_buf *out, const char *text, enum yc_qr_ground ground,
                            struct yc_error *err) YC_MUST_USE;

#endif
