type Environment = Record<string, string | undefined>;

/**
 * What a host process may know of the environment. Everything else stays here: a vendor's driver and a parser of
 * foreign documents have no business with tokens, proxies or passwords that happen to be in the user's environment.
 * Kept: where programs and libraries lie (PATH, LD_LIBRARY_PATH, DYLD_*, SystemRoot and the Windows folders that
 * DLLs look up), whose session it is (HOME, USERPROFILE, APPDATA ...: drivers keep their settings and caches there,
 * XDG_RUNTIME_DIR and PCSCLITE_*: where the smart card service listens), how to speak (LANG, LC_*, TZ), where
 * temporary files go, and the settings of known drivers (SOFTHSM2_CONF, OPENSC_*, YKCS11_*, PKCS11_*).
 */
const kept = [
  /^(PATH|HOME|LANG|TZ|TMPDIR|TMP|TEMP|USER|LOGNAME|SHELL)$/,
  /^LC_[A-Z]+$/,
  /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|DYLD_FALLBACK_LIBRARY_PATH)$/,
  /^(SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|PROGRAMFILES\(X86\)|COMMONPROGRAMFILES|COMMONPROGRAMFILES\(X86\)|NUMBER_OF_PROCESSORS|PROCESSOR_ARCHITECTURE)$/i,
  /^XDG_RUNTIME_DIR$/,
  /^(SOFTHSM2_CONF|OPENSC_[A-Z0-9_]+|PCSCLITE_[A-Z0-9_]+|YKCS11_[A-Z0-9_]+|PKCS11_[A-Z0-9_]+)$/,
];

/** The part of an environment that a host process gets. */
export function hostEnvironment(env: Environment): Environment {
  const scrubbed: Environment = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && kept.some((rule) => rule.test(name))) scrubbed[name] = value;
  }
  return scrubbed;
}
