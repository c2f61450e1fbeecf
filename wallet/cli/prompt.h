/* What a person types: passphrases without echo, recovery words, yes or no; or the same from a file or standard input.
 * Never from the command line, which other users see and shells remember (catalogue W30). One thread. */
#ifndef YC_WALLET_CLI_PROMPT_H
#define YC_WALLET_CLI_PROMPT_H

#include "keys/secret.h"

#define YC_PROMPT_BYTES_MAX 1024 /* of a line, with its NUL */

/** Read one line into locked memory: a text of at most YC_PROMPT_BYTES_MAX - 1 bytes, with a NUL, without the newline;
 *  *n is its length. The caller releases out.
 *  question  shown on the terminal
 *  echo      whether what is typed is seen
 *  YC_NOT_YET when there is no terminal. */
enum yc_verdict yc_prompt_line(struct yc_secret *out, size_t *n, const char *question, bool echo,
                               struct yc_error *err) YC_MUST_USE;
/** The next line of standard input (nothing beyond it is consumed). YC_NOT_YET at its end. */
enum yc_verdict yc_prompt_stdin(struct yc_secret *out, size_t *n, struct yc_error *err) YC_MUST_USE;
/** The first line of a file. YC_INVALID when there is no such file or it is empty. */
enum yc_verdict yc_prompt_file(struct yc_secret *out, size_t *n, const char *path, struct yc_error *err) YC_MUST_USE;
/** The bytes of a line that was read. */
static inline struct yc_view yc_prompt_view(const struct yc_secret *s, size_t n)
{
    return yc_view(s->p, n);
}

/** Ask on the terminal; only y or yes is yes. YC_NOT_YET when there is no terminal. */
enum yc_verdict yc_prompt_yes(bool *yes, const char *question, struct yc_error *err) YC_MUST_USE;

#endif
