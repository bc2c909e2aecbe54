// Who may import whom, and that nobody imports in a circle. Knows nothing of what the modules do.
import type { Module, Violation } from './source.ts';

/** Rooms by name; `main` is a single file, `compose` one with a folder beside it. */
const ROOMS = ['core', 'ports', 'engine', 'adapters', 'surfaces', 'testing', 'compose', 'main'] as const;
type Room = (typeof ROOMS)[number];

const MAY_IMPORT: Readonly<Record<Room, readonly Room[]>> = {
  core: ['core'],
  ports: ['core', 'ports'],
  engine: ['core', 'ports', 'engine'],
  adapters: ['core', 'ports', 'adapters'],
  surfaces: ['core', 'ports', 'engine', 'surfaces'],
  testing: ['core', 'ports', 'engine', 'adapters', 'testing'],
  compose: ['core', 'ports', 'engine', 'adapters', 'surfaces', 'testing', 'compose'],
  main: ['core', 'surfaces', 'compose'],
};

/** Insides of a run that a surface must not see: it gets views. */
const NOT_FOR_SURFACES = /^src\/(?:core\/(?:state|schedule-index|evolve\/.*|effect)|ports\/journal)\.ts$/;

/** Finds imports across rooms that the house does not allow. */
export function checkRooms(modules: readonly Module[]): readonly Violation[] {
  return modules.flatMap((module) => {
    const room = roomOf(module.path);
    if (room === null) return [{ where: module.path, sentence: 'is in no room of the house' }];
    return module.imports.flatMap(({ path, line }): readonly Violation[] => {
      if (path === null) return [];
      const other = roomOf(path);
      if (other !== null && MAY_IMPORT[room].includes(other)) return [];
      return [{ where: `${module.path}:${line}`, sentence: `${room} must not import ${path}` }];
    });
  });
}

/** Finds surfaces that look at the state of a run instead of its view. */
export function checkSurfaces(modules: readonly Module[]): readonly Violation[] {
  return modules
    .filter(({ path }) => roomOf(path) === 'surfaces')
    .flatMap(({ path, imports }) =>
      imports
        .filter((one) => one.path !== null && NOT_FOR_SURFACES.test(one.path))
        .map((one) => ({ where: `${path}:${one.line}`, sentence: `a surface must not see ${one.path}` })),
    );
}

function roomOf(path: string): Room | null {
  const name = /^src\/(?:([a-z]+)\/|(compose|main)\.ts$)/.exec(path);
  const found = name?.[1] ?? name?.[2];
  return ROOMS.find((room) => room === found) ?? null;
}

/** Finds circles of imports that exist when the program runs; names each once, from its first module. */
export function checkCycles(modules: readonly Module[]): readonly Violation[] {
  const edges = new Map<string, readonly string[]>();
  for (const { path, imports } of modules) {
    edges.set(
      path,
      imports.flatMap((one) => (one.kind === 'static' && one.path !== null ? [one.path] : [])),
    );
  }
  const violations: Violation[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    if (done.has(path)) return;
    const at = way.indexOf(path);
    if (at >= 0) {
      const circle = [...way.slice(at), path].join(' → ');
      violations.push({ where: path, sentence: `is imported in a circle: ${circle}` });
      return;
    }
    way.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    way.pop();
    done.add(path);
  };
  for (const path of [...edges.keys()].sort()) visit(path);
  return violations;
}
