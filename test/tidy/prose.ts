// Links and paths in Markdown files. Knows nothing of what the files say.
import { posix } from 'node:path';
import type { TextFile, Violation } from './source.ts';

/** Finds relative links to files or headings that are not there. `paths` are all files and folders of the repository. */
export function checkLinks(files: readonly TextFile[], paths: ReadonlySet<string>): readonly Violation[] {
  const headings = new Map(files.map(({ path, text }) => [path, listAnchors(text)]));
  return files.flatMap(({ path, text }) =>
    listLinks(text).flatMap(({ target, line }): readonly Violation[] => {
      const [file = '', anchor] = target.split('#', 2);
      const wanted =
        file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, '');
      const where = `${path}:${line}`;
      if (!paths.has(wanted)) return [{ where, sentence: `links to ${target}, which is not there` }];
      const known = headings.get(wanted);
      if (anchor === undefined || known === undefined || known.has(anchor)) return [];
      return [{ where, sentence: `links to ${target}, but there is no such heading` }];
    }),
  );
}

const OWN_PATH = /`((?:src|test|docs|scripts|schemas|bench)\/[\w./-]*(?:\/|\.\w+))`/g;

/** Finds files and folders of the repository that are named in code spans and are not there. */
export function checkNamedPaths(
  files: readonly TextFile[],
  paths: ReadonlySet<string>,
): readonly Violation[] {
  return files.flatMap(({ path, text }) =>
    outsideFences(text).flatMap((line, at) =>
      [...line.matchAll(OWN_PATH)]
        .map((match) => match[1] ?? '')
        .filter((named) => !paths.has(named.replace(/\/$/, '')))
        .map((named) => ({ where: `${path}:${at + 1}`, sentence: `names ${named}, which is not there` })),
    ),
  );
}

const MACHINE_PATH = /(?:^|[\s("'`=])(?:\/(?:home|Users|root|work|mnt|private)\/|[A-Z]:\\)/;

/** Finds paths that exist on one machine only. */
export function checkMachinePaths(files: readonly TextFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, at) =>
        MACHINE_PATH.test(line)
          ? [{ where: `${path}:${at + 1}`, sentence: `names a path of one machine` }]
          : [],
      ),
  );
}

/** Lines of a text; those of code blocks are empty. */
function outsideFences(text: string): readonly string[] {
  let fence: string | null = null;
  return text.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || mark.startsWith(fence))) {
      fence = fence === null ? mark : null;
      return '';
    }
    return fence === null ? line : '';
  });
}

function listLinks(text: string): readonly { readonly target: string; readonly line: number }[] {
  return outsideFences(text).flatMap((line, at) => {
    const prose = line.replace(/`[^`]*`/g, '``');
    const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|href)="([^"]+)"/g)];
    return targets
      .map((match) => match[1] ?? match[2] ?? '')
      .filter((target) => !/^(?:[a-z]+:|\/\/)/i.test(target))
      .map((target) => ({ target, line: at + 1 }));
  });
}

/** Anchors as GitHub makes them of headings. */
function listAnchors(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of outsideFences(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    for (let n = 0; ; n += 1) {
      const unique = n === 0 ? anchor : `${anchor}-${n}`;
      if (anchors.has(unique)) continue;
      anchors.add(unique);
      break;
    }
  }
  return anchors;
}
