/* What the process has used of the machine. Any thread. */
#ifndef YC_SYS_USAGE_H
#define YC_SYS_USAGE_H

#include <stdint.h>

/** Bytes that the system has written to disks for this process since it began, or will have; 0 where it does not tell
 *  (/proc/self/io of Linux). A few microseconds. */
uint64_t yc_written_bytes(void);

#endif
