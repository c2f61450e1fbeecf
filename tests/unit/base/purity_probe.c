/* What tools/check_purity.py must find: never linked into a program. */
#include <stdlib.h>
#include <time.h>

void *purity_probe(void);

void *purity_probe(void)
{
    void *p = malloc(sizeof(time_t));
    if (p)
        *(time_t *)p = time(NULL);
    return p;
}
