// Which variables of the engine's environment a child may see. Knows nothing of particular agents.

/** Always passed: where things are, who the user is, how to print and how to reach the network. */
const PASSED = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'TMPDIR',
  'CI',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'GIT_AUTHOR_NAME',
  'GIT_AUTHOR_EMAIL',
  'GIT_COMMITTER_NAME',
  'GIT_COMMITTER_EMAIL',
]);

/** Folders of the XDG base directory specification; the session's own XDG variables lead to its sockets. */
const PASSED_PATTERN = /^(?:LC_[A-Z]+|XDG_(?:CONFIG|DATA|CACHE|STATE)_HOME|XDG_(?:CONFIG|DATA)_DIRS)$/;

/** The parent's variables. */
export type ParentEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Builds a child's whole environment: the ordinary variables, those named in `pass` if the parent has them, and
 * `set` over all. Tokens, keys and agent sockets are not ordinary: they go only to whom they are named for.
 */
export function buildEnvironment(
  parent: ParentEnvironment,
  options: { readonly pass: readonly string[]; readonly set: Readonly<Record<string, string>> },
): Record<string, string> {
  const named = new Set(options.pass);
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value === undefined) continue;
    if (named.has(name) || PASSED.has(name) || PASSED_PATTERN.test(name)) environment[name] = value;
  }
  return { ...environment, ...options.set };
}
