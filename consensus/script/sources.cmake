# The script interpreter's part of the module consensus; paths from consensus/.
set(YC_SCRIPT_SOURCES
  script/asm.c script/checker.c script/collector.c script/encoding.c script/error.c script/flags.c script/num.c script/opcodes.c
  script/ops_bytes.c script/ops_flow.c script/ops_hash.c script/ops_lock.c script/ops_multisig.c script/ops_number.c
  script/ops_push.c script/ops_sig.c script/ops_stack.c script/run.c script/script.c script/sighash.c script/solver.c
  script/standard.c script/taproot.c script/verify.c)
