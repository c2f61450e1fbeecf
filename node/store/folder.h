/* Making a folder so that a power cut does not take it back with everything that was synced in it. */
#ifndef YC_NODE_STORE_FOLDER_H
#define YC_NODE_STORE_FOLDER_H

#include "base/alloc.h"
#include "base/fs.h"

/** Make the folder and its parents where they are missing, and sync the names that were made. alloc: for a copy of the
 *  path, freed again. Cheap when the folder exists. */
enum yc_verdict yc_folder_make(const struct yc_fs *fs, const struct yc_alloc *alloc, const char *path,
                               struct yc_error *err) YC_MUST_USE;

#endif
