/* Methods that help people and wallets: addresses, descriptors, fee rates. */
#include "formats/address.h"
#include "formats/descriptor.h"
#include "node/rpc/internal.h"

bool yc_rpc_output_script(struct yc_rpc_call *c, const char *text, bool address, bool descriptor, struct yc_view *out,
                          struct yc_error *err)
{
    const struct yc_chain_params *params = yc_chain_params_of(c->chain);
    struct yc_address a;
    struct yc_descriptor d;
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    if (descriptor && yc_descriptor_parse(&d, params, yc_view_text(text), YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &c->arena,
                                          err) == YC_VALID) {
        *out = d.script[d.script_count > 2 ? 2 : d.script_count > 1 ? 1 : 0]; /* of combo: P2WPKH, else P2PKH */
        return true;
    }
    if (!address || yc_address_parse(&a, params, yc_view_text(text), NULL, err) != YC_VALID)
        return false;
    *out = yc_arena_copy(&c->arena, yc_view(script, yc_address_script(script, &a)));
    return out->p != NULL;
}

static bool is_anchor(const struct yc_address *a)
{
    return a->kind == YC_ADDRESS_WITNESS && a->witness_version == 1 && a->program_n == 2 && a->program[0] == 0x4e &&
           a->program[1] == 0x73;
}

static void show_address(struct yc_rpc_call *c, const struct yc_address *a)
{
    struct yc_json_out *j = &c->out;
    char text[YC_ADDRESS_TEXT_MAX];
    uint8_t script[YC_ADDRESS_SCRIPT_MAX];
    bool witness = a->kind == YC_ADDRESS_WITNESS,
         known = !witness || a->witness_version == 0 || is_anchor(a) || (a->witness_version == 1 && a->program_n == 32);
    yc_address_print(text, yc_chain_params_of(c->chain), a);
    yc_json_member_text(j, "address", text);
    yc_json_member_hex(j, "scriptPubKey", yc_view(script, yc_address_script(script, a)));
    if (known) /* of a version of the future nobody can say it */
        yc_json_member_bool(
            j, "isscript", a->kind == YC_ADDRESS_P2SH || (witness && !(a->witness_version == 0 && a->program_n == 20)));
    yc_json_member_bool(j, "iswitness", witness);
    if (witness && !is_anchor(a)) {
        yc_json_member_int(j, "witness_version", a->witness_version);
        yc_json_member_hex(j, "witness_program", yc_view(a->program, a->program_n));
    }
}

enum yc_rpc_flow yc_method_validateaddress(struct yc_rpc_call *c)
{
    struct yc_json_out *j = &c->out;
    struct yc_address a;
    struct yc_address_fault fault;
    struct yc_error err;
    bool valid =
        yc_address_parse(&a, yc_chain_params_of(c->chain), yc_json_string(c->arg[0]), &fault, &err) == YC_VALID;
    yc_json_begin_object(j);
    yc_json_member_bool(j, "isvalid", valid);
    if (valid) {
        show_address(c, &a);
    } else {
        yc_json_key(j, "error_locations");
        yc_json_begin_array(j);
        for (size_t i = 0; i < fault.location_count; i++)
            yc_json_put_u64(j, fault.location[i]);
        yc_json_end_array(j);
        yc_json_member_text(j, "error", fault.core);
    }
    yc_json_end_object(j);
    return YC_RPC_DONE;
}

enum yc_rpc_flow yc_method_getdescriptorinfo(struct yc_rpc_call *c)
{
    struct yc_descriptor d;
    struct yc_error err;
    char checksum[YC_DESCRIPTOR_CHECKSUM_MAX];
    if (!c->chain)
        return yc_rpc_fail_shutdown(c);
    if (yc_descriptor_parse(&d, yc_chain_params_of(c->chain), yc_json_string(c->arg[0]),
                            YC_DESCRIPTOR_CHECKSUM_OPTIONAL, &c->arena, &err) != YC_VALID ||
        !yc_descriptor_checksum(checksum, d.text))
        return yc_rpc_fail(c, YC_RPC_INVALID_ADDRESS_OR_KEY, "%s", err.text);
    struct yc_buf text;
    yc_buf_init(&text, c->rpc->env.alloc, 1 << 20);
    yc_buf_append(&text, d.text.p, d.text.n);
    yc_buf_append_text(&text, "#");
    yc_buf_append_text(&text, checksum);
    yc_json_begin_object(&c->out);
    yc_json_key(&c->out, "descriptor");
    yc_json_put_string(&c->out, yc_buf_view(&text));
    yc_json_member_text(&c->out, "checksum", checksum);
    yc_json_member_bool(&c->out, "isrange", false);
    yc_json_member_bool(&c->out, "issolvable", d.solvable);
    yc_json_member_bool(&c->out, "hasprivatekeys", false);
    yc_json_end_object(&c->out);
    yc_buf_release(&text);
    return YC_RPC_DONE;
}

/* No fee rates are recorded, so there is never enough data: said in Bitcoin Core's words, which callers know. */
enum yc_rpc_flow yc_method_estimatesmartfee(struct yc_rpc_call *c)
{
    static const char *const modes[] = {"unset", "economical", "conservative"};
    const char *mode = yc_rpc_arg_text(c, 1, "economical");
    int64_t target;
    bool known = false;
    if (!yc_rpc_arg_int(c, 0, 0, INT32_MIN, INT32_MAX, &target))
        return YC_RPC_FAILED;
    if (target < 1 || target > 1008)
        return yc_rpc_fail(c, YC_RPC_INVALID_PARAMETER, "Invalid conf_target, must be between 1 and 1008");
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        size_t k = 0;
        while (mode[k] && (mode[k] | 0x20) == modes[i][k])
            k++;
        known = known || (!mode[k] && !modes[i][k]);
    }
    if (!known)
        return yc_rpc_fail(
            c, YC_RPC_INVALID_PARAMETER,
            "Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", \"conservative\"");
    yc_json_begin_object(&c->out);
    yc_json_key(&c->out, "errors");
    yc_json_begin_array(&c->out);
    yc_json_put_text(&c->out, "Insufficient data or no feerate found");
    yc_json_end_array(&c->out);
    yc_json_member_int(&c->out, "blocks", target > 1 ? target : 2); /* nobody can promise one block */
    yc_json_end_object(&c->out);
    return YC_RPC_DONE;
}
