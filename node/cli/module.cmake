yc_program(ycoin-cli PATH node/cli DEPENDS node-access net-transport formats crypto sys
  SOURCES main.c netinfo.c config.c convert.c call.c print.c info.c)
