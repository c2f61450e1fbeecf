# Catalogue rows that need a chain: blocks are drafted, submitted and connected.
function(yc_rows_unit NAME)
  yc_unit(consensus/rows/${NAME} DEPENDS node-chain
          SOURCES consensus/rows/test_${NAME}.c consensus/rows/draft.c node/chain/fixture.c ${ARGN})
endfunction()
yc_rows_unit(poison)
yc_rows_unit(chain_rows)
yc_rows_unit(block_rows)
yc_rows_unit(script_rows consensus/rows/locked.c consensus/support/words.c)
yc_rows_unit(signature_rows consensus/rows/locked.c consensus/support/words.c)
yc_unit(consensus/rows/adversary DEPENDS consensus SOURCES consensus/rows/test_adversary.c LIBS m)
