error: unable to handle compilation, expected exactly one compiler job in '' [clang-diagnostic-error]
