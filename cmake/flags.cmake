# Warnings are errors with gcc and clang; hardening is on in every build that runs outside a fuzzer.
add_library(yc_flags INTERFACE)
target_compile_options(yc_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-compare -Wstrict-prototypes -Wmissing-prototypes
  -Wundef -Wvla -Wwrite-strings -Wswitch-enum -Wformat=2 -Werror
  -fno-strict-aliasing -fvisibility=hidden)
target_compile_definitions(yc_flags INTERFACE _DEFAULT_SOURCE YC_VERSION="${PROJECT_VERSION}")

if(YC_SANITIZE)
  target_compile_options(yc_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(yc_flags INTERFACE -fsanitize=address,undefined)
elseif(YC_TSAN)
  target_compile_options(yc_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(yc_flags INTERFACE -fsanitize=thread)
elseif(YC_FUZZ)
  target_compile_options(yc_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(yc_flags INTERFACE -fsanitize=address,undefined)
elseif(YC_COVERAGE)
  target_compile_options(yc_flags INTERFACE --coverage -O0)
  target_link_options(yc_flags INTERFACE --coverage)
else()
  # What libycoin-consensus is made of must fit a shared library; programs take it as well.
  target_compile_options(yc_flags INTERFACE $<IF:$<BOOL:$<TARGET_PROPERTY:YC_IN_SHARED_LIBRARY>>,-fPIC,-fPIE>
    -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_link_options(yc_flags INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64")
    target_compile_options(yc_flags INTERFACE -fcf-protection=full)
  endif()
endif()
