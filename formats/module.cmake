yc_module(formats PATH formats DEPENDS consensus crypto base sys net-addr
  SOURCES address.c amount.c bech32_locate.c bip21.c blockfilter.c chain_file.c chain_file_fields.c chain_file_make.c chain_file_write.c
          descriptor.c output.c)
yc_module(formats-qr PATH formats/qr DEPENDS base SOURCES qr.c LIBS PkgConfig::QRENCODE)
