# Compiles better-sqlite3's own sources for Node-API 9. Laid over a copy of the package's src/ and deps/.
{
  'includes': ['deps/common.gypi'],
  'targets': [
    {
      'target_name': 'better_sqlite3',
      'dependencies': ['deps/sqlite3.gyp:sqlite3'],
      'sources': ['src/better_sqlite3.cpp'],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': [
        'NAPI_VERSION=9',
        'NAPI_DISABLE_CPP_EXCEPTIONS',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags_cc': ['-std=c++20', '-fvisibility=hidden', '-fvisibility-inlines-hidden', '-include', '<(module_root_dir)/box-values.h'],
      'ldflags': ['-Wl,-Bsymbolic', '-Wl,--exclude-libs,ALL'],
      'libraries': ['-ldl'],
    },
  ],
}
