/* The stores of the node: opened, and emptied when -reindex asks for it; and the core over them. */
#include "node/daemon/app.h"
#include "node/store/block_index.h"
#include "node/store/folder.h"
#include "sys/fs_posix.h"

/* A flag of the index: what it holds, and the coins, are to be built anew. Set before anything is removed, so that a kill
 * meanwhile does not forget it. */
#define WIPE_FLAG "wipe"

static struct yc_block_index index_of(const struct yc_app *a)
{
    return (struct yc_block_index){&a->index_kv, yc_heap()};
}

static enum yc_verdict open_store(struct yc_app *a, struct yc_kv *kv, const char *path,
                                  const struct yc_kv_leveldb_options *o, struct yc_error *err)
{
    yc_log_info(a->log, "Opening LevelDB in %s", path);
    return yc_kv_leveldb_open(kv, yc_heap(), yc_fs_posix(), path, o, err);
}

static enum yc_verdict wipe_store(struct yc_app *a, const char *path, struct yc_error *err)
{
    yc_log_info(a->log, "Wiping LevelDB in %s", path);
    return yc_kv_leveldb_destroy(yc_fs_posix(), path, err);
}

/* Each index has a store of its own; -reindex builds them anew too, as the chain may come out another. */
static enum yc_verdict open_optional(struct yc_app *a, bool reindex, struct yc_error *err)
{
    const struct yc_fs *fs = yc_fs_posix();
    enum yc_verdict v = YC_VALID;
    for (int i = 0; v == YC_VALID && i < YC_INDEX_COUNT; i++) {
        char folder[YC_PATH_MAX], path[YC_PATH_MAX];
        struct yc_kv_leveldb_options o = {.bloom_bits_per_key = i == YC_INDEX_TXS ? 10 : 0};
        if (!a->optional_wanted[i])
            continue;
        v = yc_path_join(folder, a->config.setup.chain_dir, "indexes", err);
        if (v == YC_VALID)
            v = yc_path_join(path, folder, yc_index_folder((enum yc_index_kind)i), err);
        if (v == YC_VALID && reindex)
            v = wipe_store(a, path, err);
        if (v == YC_VALID)
            v = yc_folder_make(fs, yc_heap(), path, err);
        if (v == YC_VALID)
            v = open_store(a, &a->optional_kv[i], path, &o, err);
        a->optional_open[i] = v == YC_VALID;
        a->core_config.optional_kv[i] = v == YC_VALID ? &a->optional_kv[i] : NULL;
    }
    return v;
}

static enum yc_verdict open_index(struct yc_app *a, const char *path, struct yc_error *err)
{
    static const struct yc_kv_leveldb_options o = {.bloom_bits_per_key = 0};
    enum yc_verdict v = open_store(a, &a->index_kv, path, &o, err);
    a->index_open = v == YC_VALID;
    return v;
}

/* All sets of coins. */
static enum yc_verdict wipe_coins(struct yc_app *a, struct yc_error *err)
{
    const struct yc_kv_shelf *shelf = &a->coins.shelf;
    /* The coins that a chain was begun from go first: without the others they would not be believed. */
    enum yc_verdict v = shelf->remove(shelf->ctx, YC_STORE_SNAPSHOT, err);
    return v == YC_VALID ? shelf->remove(shelf->ctx, YC_STORE_COINS, err) : v;
}

/* Remove the index and the coins, and open an empty index. What cannot be opened any more is removed all the same. */
static enum yc_verdict wipe(struct yc_app *a, const char *index_path, struct yc_error *err)
{
    enum yc_verdict v = YC_VALID;
    if (a->index_open) {
        struct yc_block_index x = index_of(a);
        v = yc_block_index_set_flag(&x, WIPE_FLAG, true, err);
        a->index_kv.close(a->index_kv.ctx);
        a->index_open = false;
    }
    if (v == YC_VALID)
        v = wipe_coins(a, err);
    if (v == YC_VALID)
        v = wipe_store(a, index_path, err);
    return v == YC_VALID ? open_index(a, index_path, err) : v;
}

/* Will the index, which knows nothing, be built from block files? Then the coins and the optional indexes that are there
 * belong to blocks whose undo data it cannot know, and that it does not know yet: they are built anew with it. */
static enum yc_verdict will_be_built(const struct yc_app *a, bool *out, struct yc_error *err)
{
    struct yc_block_index x = index_of(a);
    char first[YC_PATH_MAX];
    bool empty = false;
    const struct yc_fs *fs = yc_fs_posix();
    enum yc_verdict v = yc_block_index_is_empty(&x, &empty, err);
    *out = false;
    if (v != YC_VALID || !empty)
        return v;
    v = yc_path_join(first, a->blocks_dir, "blk00000.dat", err);
    if (v == YC_VALID)
        v = fs->exists(fs->ctx, first, err);
    *out = v == YC_VALID;
    return v == YC_NOT_YET ? YC_VALID : v;
}

static enum yc_verdict stop_listing(void *ctx, const char *name, bool is_dir)
{
    (void)ctx;
    (void)name;
    (void)is_dir;
    return YC_NOT_YET;
}

/* What can be refused without opening a store, which would write to it: a file where a folder belongs, another program's
 * block files. */
static enum yc_verdict look_first(const struct yc_app *a, const char *index_path, const char *coins_path,
                                  struct yc_error *err)
{
    const struct yc_fs *fs = yc_fs_posix();
    const char *const folder[] = {a->blocks_dir, index_path, coins_path};
    for (size_t i = 0; i < sizeof folder / sizeof folder[0]; i++) {
        enum yc_verdict v = fs->exists(fs->ctx, folder[i], err);
        if (v == YC_VALID)
            v = fs->list(fs->ctx, folder[i], stop_listing, NULL, err);
        if (v != YC_VALID && v != YC_NOT_YET)
            return v;
    }
    enum yc_verdict v = yc_blockfiles_check_xor(fs, yc_heap(), a->blocks_dir, err);
    return v == YC_NOT_YET ? YC_VALID : v;
}

static enum yc_verdict open_stores(struct yc_app *a, struct yc_error *err)
{
    const struct yc_options *given = a->config.options;
    char index_path[YC_PATH_MAX], coins_path[YC_PATH_MAX];
    bool reindex = yc_options_flag(given, "reindex", false), interrupted = false, anew = false;
    const struct yc_kv_leveldb_options coins = {.bloom_bits_per_key = 10,
                                                .write_buffer_bytes = a->coins_write_buffer_bytes};
    yc_shelf_leveldb_init(&a->coins, yc_heap(), yc_fs_posix(), a->log, a->config.setup.chain_dir, &coins);
    enum yc_verdict v = yc_path_join(index_path, a->config.setup.chain_dir, "blocks/index", err);
    if (v == YC_VALID)
        v = yc_path_join(coins_path, a->config.setup.chain_dir, YC_STORE_COINS, err);
    if (v == YC_VALID)
        v = look_first(a, index_path, coins_path, err);
    if (v != YC_VALID)
        return v;
    v = open_index(a, index_path, err);
    if (v == YC_VALID) {
        struct yc_block_index x = index_of(a);
        v = yc_block_index_flag(&x, WIPE_FLAG, &interrupted, err);
    }
    if (reindex || interrupted)
        v = wipe(a, index_path, err);
    else if (v == YC_VALID)
        v = will_be_built(a, &anew, err);
    if (v == YC_VALID && (anew || yc_options_flag(given, "reindex-chainstate", false)))
        v = wipe_coins(a, err);
    if (v != YC_VALID)
        return v;
    a->core_config.chain.index_kv = &a->index_kv;
    a->core_config.chain.coins_shelf = &a->coins.shelf;
    a->core_config.chain.reindex = reindex;
    return open_optional(a, reindex || interrupted || anew, err);
}

/* A tip that could not be accepted now: the clock has been set back, and every new block would be refused, or mined with a
 * time that nobody else accepts (catalogue S25). A chain that is still to be launched may have its genesis block ahead. */
static enum yc_verdict check_clock(const struct yc_app *a, struct yc_error *err)
{
    const struct yc_node *tip = yc_chain_tip(yc_core_chain(a->core));
    int64_t ahead_s = (int64_t)tip->time - yc_wall_s(&a->clock.clock);
    if (tip->height == 0 || ahead_s <= YC_FUTURE_TIME_MAX_S)
        return YC_VALID;
    return yc_fail(
        err, YC_NOT_YET, YC_SYSTEM_NONE,
        "the last block (height %u) is %lld minutes ahead of this computer's clock: set the date and time right, "
        "and start again; the data is as it should be",
        tip->height, (long long)ahead_s / 60);
}

enum yc_verdict yc_app_core_open(struct yc_app *a, struct yc_error *err)
{
    enum yc_verdict v = open_stores(a, err);
    if (v == YC_VALID)
        v = yc_core_open(&a->core, &a->core_config, err);
    if (v != YC_VALID)
        return v;
    v = check_clock(a, err);
    if (v != YC_VALID) {
        struct yc_error ignored;
        yc_ignore(yc_core_close(a->core, &ignored)); /* nothing was done that had to be kept */
        a->core = NULL;
    }
    return v;
}
