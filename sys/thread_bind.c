#define _GNU_SOURCE /* CPU_SET, pthread_setaffinity_np: Linux's own */
#include "sys/thread.h"

#include <sched.h>

enum yc_verdict yc_thread_bind(struct yc_thread *t, unsigned which, struct yc_error *err)
{
#ifdef __linux__
    cpu_set_t allowed, one;
    unsigned seen = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the system does not tell which processors may be used");
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || seen++ != which)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (pthread_setaffinity_np(t->id, sizeof one, &one) == 0)
            return YC_VALID;
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_IO, "the system does not bind a thread to processor %zu", cpu);
    }
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE,
                   "there is no processor for thread number %u: this process may use %u; start fewer threads or do not "
                   "bind them",
                   which + 1, seen);
#else
    (void)t, (void)which;
    return yc_fail(err, YC_INVALID, YC_SYSTEM_NONE, "this system does not bind threads to processors");
#endif
}
