/* Telling the operator's own programs: -blocknotify, -reorgnotify, -startupnotify, -shutdownnotify. A thread of its own
 * starts the commands, so that core never waits for a process; nobody waits for what they do, but at the end. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "node/daemon/app.h"
#include "sys/command.h"

#define QUEUE_MAX         256 /* commands that wait to be started; more than that are left out, and the log says so */
#define COMMAND_BYTES_MAX 65536

struct note {
    char *command; /* owned */
};

static void notify_main(void *arg)
{
    struct yc_app *a = arg;
    struct note n;
    struct yc_error err;
    while (yc_queue_pop(a->notify.queue, &n, -1) == YC_QUEUE_OK) {
        if (yc_command_start(n.command, &err) != YC_VALID)
            yc_log_warning(a->log, "%s", err.text);
        free(n.command);
    }
}

static void tell(struct yc_app *a, const char *text, const struct yc_command_value *value, size_t count)
{
    struct yc_buf command;
    struct note n;
    yc_buf_init(&command, yc_heap(), COMMAND_BYTES_MAX);
    n.command = yc_command_fill(&command, text, value, count) ? strdup((const char *)command.p) : NULL;
    yc_buf_release(&command);
    if (!n.command || yc_queue_try_push(a->notify.queue, &n) != YC_QUEUE_OK) {
        free(n.command);
        yc_log_warning(a->log, "A notification is left out, too many wait or memory is short: %s", text);
    }
}

/* Core thread. While the node catches up nobody is told of blocks. */
static void on_chain(void *ctx, const struct yc_chain_event *e)
{
    struct yc_app *a = ctx;
    char hash[65], depth[16];
    const char *block = yc_options_text(a->config.options, "blocknotify", "");
    const char *reorg = yc_options_text(a->config.options, "reorgnotify", "");
    yc_hex_write_reversed(hash, e->node->hash.b, 32);
    if (e->kind == YC_CHAIN_TIP && e->node != a->notify.tip) {
        a->notify.tip = e->node; /* it may be told of again */
        if (block[0] && !yc_core_is_initial_download(a->core))
            tell(a, block, &(struct yc_command_value){"%s", hash}, 1);
    }
    if (e->kind == YC_CHAIN_REORG && reorg[0]) {
        snprintf(depth, sizeof depth, "%u", e->depth);
        tell(a, reorg, (struct yc_command_value[]){{"%s", hash}, {"%d", depth}}, 2);
    }
}

enum yc_verdict yc_app_notify_start(struct yc_app *a, struct yc_error *err)
{
    enum yc_verdict v = yc_queue_new(&a->notify.queue, yc_heap(), sizeof(struct note), QUEUE_MAX, err);
    return v == YC_VALID ? yc_thread_start(&a->notify.thread, "notify", notify_main, a, err) : v;
}

void yc_app_notify_attach(struct yc_app *a)
{
    struct yc_core_listener l = {.chain = on_chain, .ctx = a};
    yc_core_listen(a->core, &l);
}

void yc_app_notify_loaded(struct yc_app *a)
{
    const char *startup = yc_options_text(a->config.options, "startupnotify", "");
    if (startup[0])
        tell(a, startup, NULL, 0);
}

void yc_app_notify_shutdown(struct yc_app *a)
{
    struct yc_error err;
    const char *text;
    int status = 0;
    for (size_t i = 0; (text = yc_options_list(a->config.options, "shutdownnotify", i)); i++) {
        if (!text[0])
            continue;
        if (yc_command_run(text, &status, &err) != YC_VALID)
            yc_log_warning(a->log, "%s", err.text);
        else if (status)
            yc_log_warning(a->log, "The command of -shutdownnotify ended with %d: %s", status, text);
    }
}

void yc_app_notify_stop(struct yc_app *a)
{
    struct note n;
    if (!a->notify.queue)
        return;
    yc_queue_close(a->notify.queue); /* what waits is started yet */
    yc_thread_join(&a->notify.thread);
    while (yc_queue_pop(a->notify.queue, &n, 0) == YC_QUEUE_OK)
        free(n.command);
    yc_queue_free(a->notify.queue);
    a->notify.queue = NULL;
}
