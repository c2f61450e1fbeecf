yc_unit(node/template/template DEPENDS node-template
        SOURCES node/template/test_template.c node/mempool/fixture.c)
