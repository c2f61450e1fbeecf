/* What the two ends of the holder's socket share. For holder*.c.
 *
 * One request and one answer per connection, each one message. A request: magic 4, what 1, seal 32. An answer: fine 1,
 * until (little endian) 8, and to YC_HOLDER_GIVE the account's secret 32. */
#ifndef YC_WALLET_HOLDER_STATE_H
#define YC_WALLET_HOLDER_STATE_H

#include "wallet/holder.h"

#define YC_HOLDER_MAGIC         "ych1"
#define YC_HOLDER_REQUEST_BYTES 37
#define YC_HOLDER_ANSWER_BYTES  41
#define YC_HOLDER_UNTIL_BYTES   9 /* of the answer: what comes before the secret */
#define YC_HOLDER_PLACES        2 /* folders where a socket may be, the preferred one first */

enum yc_holder_what { YC_HOLDER_GIVE = 1, YC_HOLDER_TELL, YC_HOLDER_END };

/** Open the place-th folder, which is ours alone, making it when asked to.
 *  YC_NOT_YET: not there, or no such place in this environment; YC_SYSTEM (IO): it cannot be used, or is not ours alone. */
enum yc_verdict yc_holder_folder(const struct yc_holder_id *id, unsigned place, bool make, int *out_fd,
                                 struct yc_error *err) YC_MUST_USE;
/** Is the open folder this user's, and can nobody else enter it? */
bool yc_holder_folder_is_ours(int folder_fd);
/** A new socket that holds the name in the open folder, listening, for this user alone; `bound` false: connected
 *  instead. YC_NOT_YET: nobody listens there. */
enum yc_verdict yc_holder_socket(int folder_fd, const char *name, bool bound, int *out_fd,
                                 struct yc_error *err) YC_MUST_USE;
/** Is the other end a process of this user? */
bool yc_holder_peer_is_ours(int fd);
/** End the holder of this folder, whose lock (flock) the caller has. */
enum yc_verdict yc_holder_end_in(const struct yc_holder_id *id, int folder_fd, bool *ran,
                                 struct yc_error *err) YC_MUST_USE;
/** Be the holder: takes the passphrase from the channel, reports there how the start went, and never returns.
 *  The report is one message: struct yc_holder_report as it lies in memory. */
void yc_holder_process(const struct yc_holder_plan *plan, int channel_fd) __attribute__((noreturn));

struct yc_holder_report {
    enum yc_verdict verdict;
    struct yc_error err;
    struct yc_holder_start start;
};

#endif
