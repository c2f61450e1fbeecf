/* The options of ycoind: one table, and what they come to. Read once at start by the main thread, then constant. */
#ifndef YC_NODE_DAEMON_OPTIONS_H
#define YC_NODE_DAEMON_OPTIONS_H

#include "node/access/setup.h"

extern const struct yc_options_program yc_daemon_program;

/* What the program is to do. */
enum yc_daemon_task { YC_TASK_RUN, YC_TASK_HELP, YC_TASK_VERSION, YC_TASK_MAKE_GENESIS, YC_TASK_MAKE_CHAIN };

struct yc_daemon_config {
    struct yc_options *options;
    enum yc_daemon_task task;
    struct yc_setup setup; /* chain and folders */
};

/** Read the command line and the configuration file, choose the chain and name the folders. Makes nothing on the disk.
 *  YC_VALID (then yc_daemon_config_release() is due), or YC_INVALID or YC_SYSTEM with a sentence. */
enum yc_verdict yc_daemon_config_read(struct yc_daemon_config *c, int argc, const char *const *argv,
                                      struct yc_error *err) YC_MUST_USE;
void yc_daemon_config_release(struct yc_daemon_config *c);

/** Make the folders, durably: data directory, chain's folder, blocks, indexes, wallets. */
enum yc_verdict yc_daemon_make_folders(const struct yc_daemon_config *c, struct yc_error *err) YC_MUST_USE;

#endif
