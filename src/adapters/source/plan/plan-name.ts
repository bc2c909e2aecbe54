// Makes task ids of what people call things, and finds what a name in a dependency means. Knows nothing of files.

const MAX_STEM = 60;

/** Makes an id of a text: its letters and digits, small, with dashes between the words. */
export function nameId(text: string): string {
  const stem = text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^[-\p{M}]+/u, '')
    .slice(0, MAX_STEM)
    .replace(/[-\uD800-\uDBFF]+$/, '');
  return stem === '' ? 'task' : stem;
}

/** Makes ids that differ: of two with the same name, the second one ends with `-2`. */
export function createNamer(): (text: string) => string {
  const taken = new Set<string>();
  return (text) => {
    const stem = nameId(text);
    let id = stem;
    for (let count = 2; taken.has(id); count += 1) id = `${stem}-${count}`;
    taken.add(id);
    return id;
  };
}

/** What a line with dependencies says, a name each; nothing for `None`. */
export function splitNames(written: string): readonly string[] {
  const text = written
    .replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '')
    .replace(/^\[[ xX~!-]\]\s+/, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]+/g, '')
    .replace(/\s+[-–—]+\s.*$|:\s.*$|\s*\(.*$/, '')
    .replace(/\s*[:.]\s*$/, '')
    .trim();
  if (text === '' || NOTHING.test(text)) return [];
  return text
    .split(/\s*[,;&]\s*|\s+and\s+/i)
    .map((name) => name.replace(/^(?:and|tasks?|steps?|items?)\s+#?(?=\S)/i, '').trim())
    .filter((name) => name !== '');
}

const NOTHING = /^(?:none|nothing|n\/a|no|-|–|—)\b|^[-–—]$/i;

/** Numbers that `3` or `1-4` mean; null: it is no such thing. At most 1,000. */
export function readNumbers(name: string): readonly number[] | null {
  const found = /^#?(\d{1,6})(?:\s*(?:-|–|to|through)\s*#?(\d{1,6}))?$/.exec(name);
  if (found === null) return null;
  const first = Number(found[1]);
  const last = found[2] === undefined ? first : Number(found[2]);
  if (last < first || last - first >= 1000) return null;
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
