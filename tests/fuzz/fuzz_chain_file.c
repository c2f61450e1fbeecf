/* Any bytes as a chain file: none may crash, and what is accepted is written to a file that is accepted and written the
 * same again. */
#include "base/assert.h"
#include "formats/chain_file.h"
#include "sys/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct yc_chain_params params, back;
    struct yc_error err;
    if (yc_chain_file_parse(&params, "fuzz", yc_view(data, n), YC_CHAIN_FILE_MINE, &err) != YC_VALID)
        return 0;
    struct yc_buf first, second;
    yc_buf_init(&first, yc_heap(), YC_CHAIN_FILE_BYTES_MAX);
    yc_buf_init(&second, yc_heap(), YC_CHAIN_FILE_BYTES_MAX);
    yc_chain_file_write(&params, &first);
    if (!first.failed) {
        enum yc_verdict again = yc_chain_file_parse(&back, "again", yc_buf_view(&first), YC_CHAIN_FILE_MINE, &err);
        YC_ASSERT(again == YC_VALID);
        yc_chain_file_write(&back, &second);
        YC_ASSERT(yc_view_equal(yc_buf_view(&first), yc_buf_view(&second)));
    }
    yc_buf_release(&first);
    yc_buf_release(&second);
    return 0;
}
