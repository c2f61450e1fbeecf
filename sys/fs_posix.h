/* The real file system as a struct yc_fs: short reads and writes and EINTR are carried on with, ENOSPC and EDQUOT are
 * YC_SYSTEM_FULL, every message names the path and the operating system's reason. Any thread. */
#ifndef YC_SYS_FS_POSIX_H
#define YC_SYS_FS_POSIX_H

#include "base/fs.h"

/** The one instance; static, never freed. A file's sync is fdatasync (which writes a changed length too), a folder's
 *  is fsync. New files are 0600, new folders 0700, whatever the umask allows beyond. */
const struct yc_fs *yc_fs_posix(void);

#endif
