/* Scripts written in words for tests. */
#ifndef YC_TESTS_UNIT_CONSENSUS_SUPPORT_WORDS_H
#define YC_TESTS_UNIT_CONSENSUS_SUPPORT_WORDS_H

#include "base/buf.h"

/** Append a script in the language of the published vectors, in which "{N*words}" is the words N times. */
void words_assemble(struct yc_buf *out, const char *text);

#endif
