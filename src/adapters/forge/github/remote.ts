// Reads which repository of which host an address of git means. Knows no tokens and asks nobody.

/** A repository on a host. */
export interface RemotePlace {
  /** Lower case, with a port where one is written that is not ssh's: `github.com`, `ghe.example:8443`. */
  readonly host: string;
  readonly owner: string;
  readonly name: string;
  /** `http` only where the address says so. */
  readonly scheme: 'https' | 'http';
}

/** `ssh.github.com` listens where firewalls let https through, and is no other host. */
const SSH_HOST = /^ssh\.(?=github\.com$)/;
const SCP = /^(?:[^@/\s]+@)?(?<host>[^:/@\s]+|\[[^\]]+\]):(?!\/\/)(?<path>.+)$/;
const NAME = /^[\w.-]+$/;

/** Reads an address as `git remote` has it: https, http, ssh, git or `user@host:path`. Null: it is on no host, or no repository. */
export function parseRemote(address: string): RemotePlace | null {
  const text = address.trim();
  const url = /^[a-z][\w+.-]*:\/\//i.test(text) ? readUrl(text) : readScp(text);
  if (url === null) return null;
  const parts = url.path.split('/').filter((part) => part !== '');
  const [owner, last] = parts;
  if (owner === undefined || last === undefined || parts.length !== 2) return null;
  const name = last.replace(/\.git$/i, '');
  const isName = (word: string): boolean => NAME.test(word) && !/^\.{1,2}$/.test(word);
  if (!isName(owner) || !isName(name)) return null;
  return { host: url.host, owner, name, scheme: url.scheme };
}

interface Address {
  readonly host: string;
  readonly path: string;
  readonly scheme: 'https' | 'http';
}

function readUrl(text: string): Address | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const path = decode(url.pathname);
  if (path === null || url.hostname === '') return null;
  const host = url.hostname.toLowerCase();
  switch (url.protocol.replace(/^git\+/, '')) {
    case 'https:':
      return { host: `${host}${url.port === '' ? '' : `:${url.port}`}`, path, scheme: 'https' };
    case 'http:':
      return { host: `${host}${url.port === '' ? '' : `:${url.port}`}`, path, scheme: 'http' };
    case 'ssh:':
    case 'git:':
      // their ports say nothing of where the interface is
      return { host: host.replace(SSH_HOST, ''), path, scheme: 'https' };
    default:
      return null;
  }
}

function readScp(text: string): Address | null {
  const { host, path } = SCP.exec(text)?.groups ?? {};
  // one letter is a drive of Windows
  if (host === undefined || path === undefined || host.length === 1 || /^[./~]/.test(host)) return null;
  return { host: host.toLowerCase().replace(SSH_HOST, ''), path, scheme: 'https' };
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
