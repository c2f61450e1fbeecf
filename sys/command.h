/* Commands that an operator gives the node to run (-blocknotify and its like), by /bin/sh. Any thread.
 *
 * The command is the operator's own shell text, run with the node's rights: nothing that peers choose may be put into it
 * but what is made of harmless letters alone, such as a hash. */
#ifndef YC_SYS_COMMAND_H
#define YC_SYS_COMMAND_H

#include "base/result.h"
#include "base/view.h"

struct yc_buf;

/* A place in a command: every occurrence of mark is replaced by value. */
struct yc_command_value {
    const char *mark;  /* "%s" */
    const char *value; /* letters, digits and '-' alone: asserted */
};

/** The command with its marks replaced, NUL-terminated, into out (emptied before). False: no memory. */
bool yc_command_fill(struct yc_buf *out, const char *text, const struct yc_command_value *value,
                     size_t count) YC_MUST_USE;

/** Start the command and do not wait for it: the shell puts it into the background. Its standard input is empty; its
 *  outputs are the node's. YC_SYSTEM when no shell can be started. */
enum yc_verdict yc_command_start(const char *text, struct yc_error *err) YC_MUST_USE;

/** Run the command to its end; *status is its exit status, 128 + the signal that ended it. YC_SYSTEM as above. */
enum yc_verdict yc_command_run(const char *text, int *status, struct yc_error *err) YC_MUST_USE;

#endif
