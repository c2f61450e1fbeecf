# yc_pool_unit(NAME): tests over a pool, a chain and templates.
function(yc_pool_unit NAME)
  yc_unit(node/mempool/${NAME} DEPENDS node-template SOURCES node/mempool/test_${NAME}.c node/mempool/fixture.c)
endfunction()
yc_pool_unit(pool)
yc_pool_unit(reorg)
foreach(name policy inputs replace)
  yc_unit(node/mempool/${name} DEPENDS node-template
          SOURCES node/mempool/test_${name}.c node/mempool/draft.c node/mempool/fixture.c)
endforeach()
yc_pool_unit(persist)
yc_unit(node/mempool/memo DEPENDS node-template keys SOURCES node/mempool/test_memo.c node/mempool/fixture.c)
foreach(name prepare confirm)
  yc_unit(node/mempool/${name} DEPENDS node-template keys
          SOURCES node/mempool/test_${name}.c node/mempool/twins.c node/mempool/signed.c node/mempool/fixture.c)
endforeach()
