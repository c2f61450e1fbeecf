#include "keys/secret.h"

#include "base/assert.h"
#include "crypto/hash.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum yc_verdict yc_secret_init(struct yc_secret *s, size_t n, struct yc_error *err)
{
    YC_ASSERT(n >= 1);
    *s = (struct yc_secret){.p = NULL};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped = (n + page - 1) / page * page;
    void *p = mapped < n ? MAP_FAILED : mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY, "no memory for a secret of %zu bytes: close other programs",
                       n);
    /* Out of core dumps always: a kernel that refuses this cannot be trusted with a key. */
    if (madvise(p, mapped, MADV_DONTDUMP) != 0) {
        int why = errno;
        (void)munmap(p, mapped);
        return yc_fail(err, YC_SYSTEM, YC_SYSTEM_MEMORY,
                       "the system would not keep a secret out of core dumps (madvise: error %d)", why);
    }
    /* A child must not inherit copies of keys. Older kernels lack this; the programs here never fork with keys. */
    (void)madvise(p, mapped, MADV_DONTFORK);
    *s = (struct yc_secret){p, n, mapped, mlock(p, mapped) == 0};
    return YC_VALID;
}

void yc_secret_release(struct yc_secret *s)
{
    if (s->p) {
        yc_wipe(s->p, s->mapped_bytes);
        if (s->locked)
            (void)munlock(s->p, s->mapped_bytes);
        (void)munmap(s->p, s->mapped_bytes);
    }
    *s = (struct yc_secret){.p = NULL};
}

const char *yc_secret_lock_warning(void)
{
    return "the system would not lock memory for keys, so they may reach the swap space: raise the limit (ulimit -l) "
           "or "
           "use encrypted swap";
}

bool yc_secret_harden_process(void)
{
    struct rlimit none = {0, 0};
    bool dumps_off = setrlimit(RLIMIT_CORE, &none) == 0;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && dumps_off;
}
