yc_module(sys PATH sys DEPENDS base
  SOURCES heap.c heap_fault.c fs_posix.c fs_memory.c fs_memory_state.c fs_fault.c lockfile.c clock.c random.c log_names.c log_sink.c
          thread.c thread_bind.c queue.c workers.c json.c json_check.c json_out.c decimal.c daemon.c command.c
          usage.c options.c options_file.c options_get.c options_help.c
  LIBS Threads::Threads PkgConfig::JSONC)
