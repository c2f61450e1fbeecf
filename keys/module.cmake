yc_module(keys PATH keys DEPENDS formats consensus crypto base
  SOURCES bip32.c derive.c mnemonic.c mnemonic_words.c seal.c secret.c sign.c sign_script.c signer.c wif.c
  LIBS PkgConfig::SECP256K1 PkgConfig::CRYPTO)
